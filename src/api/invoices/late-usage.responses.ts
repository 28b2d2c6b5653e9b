import { InvoiceResponse } from './invoices.responses.js';
import { CreditNoteResponse } from '../creditnotes/credit-notes.responses.js';

export class LateUsageResponse {
  /** The document of what is owed; null where everything stands on credit notes. Its total is what is owed. */
  invoice!: InvoiceResponse | null;
  /** Decimal string: what was billed too much, in the wallet or on the notes. */
  credited_amount!: string;
  credit_notes!: CreditNoteResponse[];
}

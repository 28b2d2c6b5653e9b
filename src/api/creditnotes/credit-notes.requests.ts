import { IsBoolean } from 'class-validator';
import {
  CREDIT_NOTE_REASONS,
  CREDIT_NOTE_STATUSES,
  type CreditNoteReason,
} from '../../domain/invoicing/credit-notes.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsListOf, IsStringMap } from '../../platform/http/json-fields.js';
import { IsMoney } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsOneOf } from '../../platform/http/text-fields.js';

export class CreateCreditNoteLineItemRequest {
  @IsId()
  invoice_line_item_id!: string;

  /** Decimal in major units, the line's tax with it. */
  @IsMoney({ moreThan: '0' })
  amount!: string;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateCreditNoteRequest {
  @IsId()
  invoice_id!: string;

  @IsOneOf(CREDIT_NOTE_REASONS)
  reason!: CreditNoteReason;

  /** What of which line is credited; everything that is left of the invoice, when left out. */
  @Optional()
  @IsListOf(() => CreateCreditNoteLineItemRequest, { most: 1000 })
  line_items?: CreateCreditNoteLineItemRequest[];

  /** The next of the month, `CN-YYYYMM-00001`, when left out. */
  @Optional()
  @IsText({ min: 1, max: 100 })
  credit_note_number?: string;

  @Optional()
  @IsText({ max: MOST_PROSE })
  memo?: string;

  /** The same key again answers the note that it has made. */
  @Optional()
  @IsId()
  idempotency_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** False: it stays a draft until it is finalized. */
  @Optional()
  @IsBoolean()
  process_credit_note?: boolean;
}

export class ListCreditNotesQuery extends ListRequest {
  @Optional()
  @IsId()
  invoice_id?: string;

  @Optional()
  @IsId()
  customer_id?: string;

  @Optional()
  @IsOneOf(CREDIT_NOTE_STATUSES)
  credit_note_status?: string;

  @Optional()
  @IsOneOf(['ADJUSTMENT', 'REFUND'])
  credit_note_type?: string;
}

import { Optional } from '../../platform/http/fields.js';
import { IsOneOf } from '../../platform/http/text-fields.js';

const CREDIT_AS = ['wallet', 'credit_note'] as const;

export class SettleLateUsageRequest {
  /**
   * Where goes what was billed too much: into the customer's prepaid wallet (`wallet`, when left out), or onto credit notes
   * of the invoices that billed it.
   */
  @Optional()
  @IsOneOf(CREDIT_AS)
  credit_as?: (typeof CREDIT_AS)[number];
}

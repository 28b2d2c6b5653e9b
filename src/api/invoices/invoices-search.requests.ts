import { IsBoolean } from 'class-validator';
import { INVOICE_STATUSES, PAYMENT_STATUSES } from '../../domain/invoicing/invoice-states.js';
import { INVOICE_BILLING_REASONS, INVOICE_TYPES } from '../../domain/invoicing/zero-rules.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsFraction } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsTexts, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class SearchInvoicesRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  invoice_ids?: string[];

  @Optional()
  @IsId()
  customer_id?: string;

  @Optional()
  @IsId()
  external_customer_id?: string;

  @Optional()
  @IsId()
  subscription_id?: string;

  @Optional()
  @IsOneOf(INVOICE_TYPES)
  invoice_type?: string;

  @Optional()
  @IsOneOfList(INVOICE_STATUSES)
  invoice_status?: string[];

  @Optional()
  @IsOneOfList(PAYMENT_STATUSES)
  payment_status?: string[];

  @Optional()
  @IsOneOf(INVOICE_BILLING_REASONS)
  billing_reason?: string;

  @Optional()
  @IsCurrency()
  currency?: string;

  /** Major units of the invoice's currency. */
  @Optional()
  @IsFraction()
  amount_due_gt?: number;

  @Optional()
  @IsFraction()
  amount_remaining_gt?: number;

  @Optional()
  @IsInstant({ ever: true })
  period_start_gte?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_start_lte?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_end_gte?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_end_lte?: Date;

  @Optional()
  @IsBoolean()
  skip_line_items?: boolean;

  @Optional()
  @NotSupportedYet()
  subscription_customer_id?: string[];
}

export class GetInvoiceQuery {
  @Optional()
  @IsText()
  expand?: string;

  @Optional()
  @NotSupportedYet(['false'])
  expand_by_source?: string;

  @Optional()
  @NotSupportedYet()
  group_by?: unknown;
}

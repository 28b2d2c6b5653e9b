import { IsArray, IsBoolean, IsNumber, IsString } from 'class-validator';
import { INVOICE_STATUSES, PAYMENT_STATUSES } from '../domain/invoicing/invoice-states.js';
import { INVOICE_BILLING_REASONS, INVOICE_TYPES } from '../domain/invoicing/zero-rules.js';
import { IsCurrency, IsInstant, IsWord, IsWordList, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

export class SearchInvoicesRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  invoice_ids?: string[];

  @Optional()
  @IsString()
  customer_id?: string;

  @Optional()
  @IsString()
  external_customer_id?: string;

  @Optional()
  @IsString()
  subscription_id?: string;

  @Optional()
  @IsWord(INVOICE_TYPES)
  invoice_type?: string;

  @Optional()
  @IsWordList(INVOICE_STATUSES)
  invoice_status?: string[];

  @Optional()
  @IsWordList(PAYMENT_STATUSES)
  payment_status?: string[];

  @Optional()
  @IsWord(INVOICE_BILLING_REASONS)
  billing_reason?: string;

  @Optional()
  @IsCurrency()
  currency?: string;

  /** Major units of the invoice's currency. */
  @Optional()
  @IsNumber()
  amount_due_gt?: number;

  @Optional()
  @IsNumber()
  amount_remaining_gt?: number;

  @Optional()
  @IsInstant()
  period_start_gte?: Date;

  @Optional()
  @IsInstant()
  period_start_lte?: Date;

  @Optional()
  @IsInstant()
  period_end_gte?: Date;

  @Optional()
  @IsInstant()
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
  @IsString()
  expand?: string;

  @Optional()
  @NotSupportedYet(['false'])
  expand_by_source?: string;

  @Optional()
  @NotSupportedYet()
  group_by?: unknown;
}

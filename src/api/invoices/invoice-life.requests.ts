import { IsBoolean } from 'class-validator';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsLink, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class UpdateInvoiceRequest {
  @Optional()
  @IsInstant()
  due_date?: Date;

  @Optional()
  @IsLink()
  invoice_pdf_url?: string;

  /** Added to what is there; a key that is there is replaced. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet([false])
  apply_discount?: boolean;
}

export class PreviewInvoiceRequest {
  @IsId()
  subscription_id!: string;

  /** A billing period of the subscription; the current one, when left out. */
  @Optional()
  @IsInstant()
  period_start?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_end?: Date;

  /** Leaves out lines that come to nothing. */
  @Optional()
  @IsBoolean()
  hide_zero_charges_line_items?: boolean;
}

export class RecalculateInvoiceQuery {
  /** `true` finalizes the draft after that. */
  @Optional()
  @IsOneOf(['true', 'false'])
  finalize?: string;
}

export class InvoicePdfQuery {
  /** `true` answers an address of the PDF instead of the PDF. */
  @Optional()
  @IsOneOf(['true', 'false'])
  url?: string;

  /** The PDF is made anew each time anyhow. */
  @Optional()
  @IsOneOf(['true', 'false'])
  force_generate?: string;
}

export class ChangeInvoiceSettingsRequest {
  /** How long the invoice of a period stays a draft, in seconds; 0: it is final at once. At most 30 days. */
  @Optional()
  @IsWhole({ min: 0, max: 30 * 24 * 60 * 60 })
  finalization_delay_seconds?: number;

  /** Days to pay where neither the invoice nor the payment terms of its subscription say. */
  @Optional()
  @IsWhole({ min: 0, max: 365 })
  due_date_days?: number;
}

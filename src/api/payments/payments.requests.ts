import { IsBoolean } from 'class-validator';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../domain/invoicing/invoice-states.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsMoney } from '../../platform/http/number-fields.js';
import {
  IsCurrency,
  IsId,
  IsLink,
  IsText,
  IsStringList,
  IsTexts,
  IsOneOf,
} from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class CreatePaymentRequest {
  @IsOneOf(['INVOICE', 'CUSTOMER'])
  @NotSupportedYet(['INVOICE'], { required: true })
  destination_type!: 'INVOICE' | 'CUSTOMER';

  /** The invoice. */
  @IsId()
  destination_id!: string;

  /** `OFFLINE` is recorded as paid; `CARD` charges a saved card; `PAYMENT_LINK` answers a page to pay on; `CREDITS` takes it from a wallet. */
  @IsOneOf(['CARD', 'OFFLINE', 'PAYMENT_LINK', 'CREDITS', 'ACH', 'UPI'])
  @NotSupportedYet(['CARD', 'OFFLINE', 'PAYMENT_LINK', 'CREDITS'], { required: true })
  payment_method_type!: 'CARD' | 'OFFLINE' | 'PAYMENT_LINK' | 'CREDITS';

  /** Decimal in major units, as string or number. */
  @IsMoney({ moreThan: '0' })
  amount!: string;

  @IsCurrency()
  currency!: string;

  /** The provider, where the environment has connections to several. */
  @Optional()
  @IsId()
  payment_gateway?: string;

  /** A saved method, or a wallet for `CREDITS`; the customer's default, when left out. */
  @Optional()
  @IsId()
  payment_method_id?: string;

  /** False: the payment is only written down, `POST /payments/{id}/process` collects it. */
  @Optional()
  @IsBoolean()
  process_payment?: boolean;

  /** The same key again answers the payment that it has made. */
  @Optional()
  @IsId()
  idempotency_key?: string;

  @Optional()
  @IsBoolean()
  save_card_and_make_default?: boolean;

  @Optional()
  @IsLink()
  success_url?: string;

  @Optional()
  @IsLink()
  cancel_url?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  gateway_options?: unknown;
}

export class CreateCheckoutRequest {
  @IsId()
  invoice_id!: string;

  @IsLink()
  success_url!: string;

  @IsLink()
  cancel_url!: string;

  @Optional()
  @IsBoolean()
  save_card_and_make_default?: boolean;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateSetupIntentRequest {
  /** The provider that is to keep the card. */
  @Optional()
  @IsId()
  provider?: string;

  @IsLink()
  success_url!: string;

  @IsLink()
  cancel_url!: string;

  /** The saved method becomes the customer's default. */
  @Optional()
  @IsBoolean()
  set_default?: boolean;

  @Optional()
  @IsOneOf(['off_session', 'on_session'])
  usage?: 'off_session' | 'on_session';

  @Optional()
  @IsTexts()
  payment_method_types?: string[];

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class ListPaymentsQuery extends ListRequest {
  @Optional()
  @IsStringList()
  payment_ids?: string[];

  @Optional()
  @IsOneOf(['INVOICE', 'CUSTOMER'])
  destination_type?: string;

  @Optional()
  @IsId()
  destination_id?: string;

  @Optional()
  @IsOneOf(['CARD', 'ACH', 'OFFLINE', 'CREDITS', 'PAYMENT_LINK', 'UPI'])
  payment_method_type?: string;

  @Optional()
  @IsOneOf(PAYMENT_STATUSES)
  payment_status?: string;

  @Optional()
  @IsId()
  payment_gateway?: string;

  @Optional()
  @IsId()
  gateway_payment_id?: string;

  @Optional()
  @IsId()
  gateway_tracking_id?: string;

  @Optional()
  @IsCurrency()
  currency?: string;

  @Optional()
  @IsText()
  sort?: string;
}

export class UpdatePaymentRequest {
  @Optional()
  @IsOneOf(PAYMENT_STATUSES)
  payment_status?: PaymentStatus;

  @Optional()
  @IsText({ max: MOST_PROSE })
  error_message?: string;

  @Optional()
  @IsId()
  gateway_payment_id?: string;

  @Optional()
  @IsText({ min: 1, max: 100 })
  payment_gateway?: string;

  @Optional()
  @IsId()
  payment_method_id?: string;

  /** Added to what is there; a key that is there is replaced. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** When it happened, for the status that is set. */
  @Optional()
  @IsInstant()
  succeeded_at?: Date;

  @Optional()
  @IsInstant()
  failed_at?: Date;

  @Optional()
  @IsInstant()
  refunded_at?: Date;

  @Optional()
  @IsInstant()
  voided_at?: Date;
}

export class UpdateInvoicePaymentRequest {
  @IsOneOf(PAYMENT_STATUSES)
  payment_status!: PaymentStatus;

  @Optional()
  @IsMoney({ min: '0' })
  amount?: string;
}

export class RefreshInvoiceQuery {
  /** For SDK 2.0: `true` finalizes the draft that was computed again. */
  @Optional()
  @IsOneOf(['true', 'false'])
  finalize?: string;
}

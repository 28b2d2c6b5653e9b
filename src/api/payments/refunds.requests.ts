import { REFUND_REASONS, type RefundReason } from '../../providers/provider-objects.js';
import { Optional } from '../../platform/http/fields.js';
import { IsMoney } from '../../platform/http/number-fields.js';
import { IsId, IsOneOf } from '../../platform/http/text-fields.js';

export class CreateRefundRequest {
  /** Decimal in major units; all that is left of the payment, when left out. */
  @Optional()
  @IsMoney({ moreThan: '0' })
  amount?: string;

  @Optional()
  @IsOneOf(REFUND_REASONS)
  reason?: RefundReason;

  /** The same key again answers the refund that it has made. */
  @Optional()
  @IsId()
  idempotency_key?: string;
}

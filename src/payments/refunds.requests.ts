import { Length } from 'class-validator';
import { IsDecimalValue, IsWord, Optional } from '../platform/http/fields.js';
import { REFUND_REASONS, type RefundReason } from '../providers/provider-objects.js';

export class CreateRefundRequest {
  /** Decimal in major units; all that is left of the payment, when left out. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  amount?: string;

  @Optional()
  @IsWord(REFUND_REASONS)
  reason?: RefundReason;

  /** The same key again answers the refund that it has made. */
  @Optional()
  @Length(1, 255)
  idempotency_key?: string;
}

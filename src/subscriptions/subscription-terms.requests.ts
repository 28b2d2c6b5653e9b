import { IsString, MinLength } from 'class-validator';
import { IsInstant, Optional } from '../platform/http/fields.js';

/** A coupon by its code. */
export class SubscriptionCouponRequest {
  @IsString()
  @MinLength(1)
  coupon_code!: string;

  /** Only for the line of this price; the whole invoice, when left out. */
  @Optional()
  @IsString()
  price_id?: string;

  /** The subscription's start, when left out. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant()
  end_date?: Date;
}

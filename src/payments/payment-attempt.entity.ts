import { Column, Entity, Index } from 'typeorm';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { EntityRow } from '../platform/database/columns.js';

/** One try to collect a payment. A try that fails is a failed attempt; the payment may still succeed. */
@Entity('payment_attempts')
@Index('payment_attempts_number', ['tenantId', 'environmentId', 'paymentId', 'attemptNumber'], {
  unique: true,
})
export class PaymentAttemptEntity extends EntityRow {
  @Column({ type: 'text' })
  paymentId!: string;

  @Column({ type: 'integer' })
  attemptNumber!: number;

  @Column({ type: 'text' })
  paymentStatus!: PaymentStatus;

  @Column({ type: 'text', nullable: true })
  errorCode!: string | null;

  @Column({ type: 'text', nullable: true })
  errorMessage!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

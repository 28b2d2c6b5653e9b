import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../../platform/database/columns.js';

/** A hosted page that we have asked a provider for. Written before the call: its id is the call's key. */
@Entity('checkout_sessions')
@Index(
  'checkout_sessions_provider_session',
  ['tenantId', 'environmentId', 'connectionId', 'providerSessionId'],
  {
    unique: true,
  },
)
@Index('checkout_sessions_invoice', ['tenantId', 'environmentId', 'invoiceId'], { where: `state = 'open'` })
export class CheckoutSessionEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  mode!: 'payment' | 'setup';

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text', nullable: true })
  invoiceId!: string | null;

  @Column({ type: 'text', nullable: true })
  paymentId!: string | null;

  @Column({ type: 'text', nullable: true })
  providerSessionId!: string | null;

  @Column({ type: 'text', nullable: true })
  url!: string | null;

  @Column({ type: 'text' })
  state!: 'reserved' | 'open' | 'complete' | 'expired';

  @Column({ type: 'boolean', default: false })
  setDefault!: boolean;

  @Column({ type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;
}

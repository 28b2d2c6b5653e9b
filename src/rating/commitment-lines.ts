import type { CommitmentLine } from '../domain/invoicing/commitment.js';
import { formatMoney, moneyToRate, zeroMoney } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import { rate, storableQuantity, ZERO, type Rate } from '../domain/rate.js';
import type { StoredCommitment } from '../subscriptions/commitments.types.js';
import type { RatedLine } from './rated-line.types.js';

export type PartOfLine = Extract<CommitmentLine, { readonly key: string }>;

/** What of a line the commitment covers, or what goes beyond; the quantity is split in proportion. */
export function partOf(line: RatedLine, part: PartOfLine, stored: StoredCommitment): RatedLine {
  const over = part.type === 'overage';
  const covered = over ? ZERO : moneyToRate(part.amount);
  const isWhole = line.amount.isZero() || covered.greaterThanOrEqualTo(line.amount);
  const share = (of: Rate): Rate => storableQuantity(line.quantity.times(of).dividedBy(line.amount));
  const beyond = over ? moneyToRate(part.amount).dividedBy(rate(stored.overage_factor)) : ZERO;
  return {
    ...line,
    displayName: over ? `${line.displayName} (Overage)` : line.displayName,
    amount: moneyToRate(part.amount),
    quantity: over ? share(beyond) : isWhole ? line.quantity : share(covered),
    ...(over ? { adjustedEntitlementQuantity: null } : {}),
    commitmentInfo: info(stored, part),
    ...(line.origin?.kind === 'charge' && {
      origin: {
        ...line.origin,
        part: { type: part.type, amount: part.amount, overageFactor: rate(stored.overage_factor) },
      },
    }),
  };
}

/**
 * What is missing of the commitment. It stands beside the last usage line, as usage of its period: what of it comes in late
 * then lowers the one as it raises the other.
 */
export function trueUpLine(
  { subscriptionId, plan }: { readonly subscriptionId: string; readonly plan: string | null },
  part: CommitmentLine,
  stored: StoredCommitment,
  last: RatedLine | undefined,
  closing: Period,
): RatedLine {
  return {
    displayName: `${plan ?? 'Subscription'} True Up`,
    amount: moneyToRate(part.amount),
    quantity: rate(1),
    priceType: 'USAGE',
    period: last?.period ?? closing,
    subscriptionLineItemId: last?.subscriptionLineItemId ?? null,
    entityType: last?.entityType ?? 'subscription',
    entityId: last?.entityId ?? subscriptionId,
    priceId: last?.priceId ?? null,
    meterId: null,
    planDisplayName: plan,
    meterDisplayName: null,
    commitmentInfo: info(stored, part),
  };
}

function info(stored: StoredCommitment, { type, amount }: CommitmentLine): Record<string, unknown> {
  const of = (wanted: CommitmentLine['type']): string =>
    formatMoney(type === wanted ? amount : zeroMoney(amount.currency));
  return {
    type: 'amount',
    amount: stored.amount,
    quantity: null,
    overage_factor: stored.overage_factor,
    true_up_enabled: stored.true_up,
    is_windowed: false,
    duration: stored.duration,
    computed_commitment_utilized_amount: of('usage'),
    computed_overage_amount: of('overage'),
    computed_true_up_amount: of('true_up'),
  };
}

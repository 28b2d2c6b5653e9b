import type { LineCommitmentOutcome } from '../domain/invoicing/line-commitment.js';
import type { CommitmentOutcome } from '../domain/invoicing/commitment.js';
import type { Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { Rate } from '../domain/rate.js';
import type { DueCharge } from '../domain/subscribing/charges-due.js';
import type { PricedLine } from './priced-line.types.js';
import type { RunCost } from './usage-costs.js';
import type { AskedRun } from './usage-questions.js';

/** What the amount of a rated line is made of. Bills do not read it: it is what they have reckoned with. */
export type LineOrigin = ChargeOrigin | TrueUpOrigin;

export interface ChargeOrigin {
  readonly kind: 'charge';
  readonly charge: DueCharge<PricedLine>;
  /** Of usage. */
  readonly usage?: UsageOrigin;
  /** Exact: before any commitment bears on it. */
  readonly exact: Rate;
  readonly ownCommitment?: OwnCommitment;
  readonly part?: CommittedPart;
}

/** The run that a usage line is priced in. */
export interface UsageOrigin {
  readonly asked: AskedRun;
  readonly cost: RunCost;
  /** What happened in a pause counts, because that is cheaper. */
  readonly countsPauses: boolean;
}

/** How the commitment of the line itself bore on it. */
export interface OwnCommitment {
  readonly committed: Rate;
  readonly outcome: LineCommitmentOutcome;
}

/** What of the line the commitment of its subscription covers, or what goes beyond. */
export interface CommittedPart {
  readonly type: 'usage' | 'overage';
  readonly amount: Money;
  readonly overageFactor: Rate;
}

/** What is missing of the commitment of a subscription. */
export interface TrueUpOrigin {
  readonly kind: 'true_up';
  readonly committed: Money;
  /** By earlier bills of the term. */
  readonly usedBefore: Money;
  readonly outcome: CommitmentOutcome;
  readonly term: Period;
}

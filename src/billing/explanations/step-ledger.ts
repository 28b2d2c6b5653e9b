import { Rate, ZERO } from '../../domain/rate.js';
import type { PriceStep } from '../../domain/rating/price-steps.js';
import type { RuleCode } from './explanation-rules.js';
import type { ExplanationStep, StepDetails } from './explanation.types.js';

/** As many as a quantity has: a third of a month has no finite decimal. */
const SHOWN_DIGITS = 18;

/** Steps with the sum so far. It is the sum that is cut to what can be shown: so the steps always add up to it. */
export class StepLedger {
  private readonly written: ExplanationStep[] = [];
  private sum: Rate = ZERO;

  get steps(): readonly ExplanationStep[] {
    return this.written;
  }

  get total(): Rate {
    return this.sum;
  }

  add(code: RuleCode, amount: Rate, details: StepDetails = {}): void {
    const before = shown(this.sum);
    this.sum = this.sum.plus(amount);
    this.written.push({ code, ...details, amount: shown(this.sum).minus(before) });
  }

  /** A fact that costs nothing by itself. */
  note(code: RuleCode, details: StepDetails = {}): void {
    this.add(code, ZERO, details);
  }

  /** What brings the sum to a figure that is known; nothing where it is there already. */
  to(code: RuleCode, total: Rate, details: StepDetails = {}): void {
    if (!shown(total).equals(shown(this.sum))) this.add(code, total.minus(this.sum), details);
    this.sum = total;
  }

  price(steps: readonly PriceStep[], details: StepDetails = {}): void {
    for (const { rule, amount, ...step } of steps) this.add(rule, amount, { ...step, ...details });
  }
}

const shown = (amount: Rate): Rate => amount.toDecimalPlaces(SHOWN_DIGITS, Rate.ROUND_HALF_UP);

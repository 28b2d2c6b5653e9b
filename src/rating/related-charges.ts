import { earlierOf, laterOf } from '../domain/period.js';
import type { DueCharge } from '../domain/subscribing/charges-due.js';
import { chargedLife } from '../subscriptions/subscriptions.types.js';
import type { BillingTask } from './billing-task.types.js';
import { cutAfter, cutBefore, cutPeriod, type Contract } from '../subscriptions/contract.types.js';
import { cutTask } from './contract-terms.js';
import type { PricedLine } from './priced-line.types.js';
import type { MeteredCharge, RelatedCharges } from './usage-runs.js';

type Charge = DueCharge<PricedLine>;

/** What a moment of a subscription charges. */
export type ChargesOf = (task: BillingTask) => Charge[];

export const meteredCharge = (
  charge: Charge,
  { subscription }: BillingTask,
  bill: number,
): MeteredCharge => ({
  subscription,
  line: charge.line.item,
  priced: charge.line.priced,
  served: charge.served,
  present: charge.present,
  servicePeriod: charge.servicePeriod,
  fullPeriod: charge.fullPeriod,
  root: charge.line.root,
  pauses: charge.line.pauses,
  bill,
});

/** What changes of plan have cut off from a task's charges; undefined for those that none has cut. */
export function relatedCharges(
  task: BillingTask,
  contract: Contract,
  chargesOf: ChargesOf,
): (charge: Charge) => RelatedCharges | undefined {
  const { subscription, moment } = task;
  if (contract.earlier.length === 0 && contract.later.length === 0) return () => undefined;
  const before = cutBefore(contract).flatMap((one) => {
    const cut = cutPeriod(one);
    return cut === undefined ? [] : usageOf(cutTask(one, cut.closing), chargesOf);
  });
  const isCut = moment.type === 'cancel' && cutPeriod(subscription) !== undefined;
  const after = isCut
    ? cutAfter(contract).flatMap((one) => usageOf(cutTask(one.subscription, one.closing), chargesOf))
    : [];
  return (charge) => {
    if (charge.line.priceType !== 'USAGE') return undefined;
    const same = (one: MeteredCharge): boolean => one.root === charge.line.root;
    const isFirst = charge.servicePeriod.start.getTime() === chargedLife(subscription).start.getTime();
    const own = isFirst
      ? before.filter((one) => same(one) && one.fullPeriod.end > one.servicePeriod.end)
      : [];
    const following = charge.fullPeriod.end > charge.servicePeriod.end ? after.filter(same) : [];
    const [successor] = following;
    if (own.length === 0 && successor === undefined) return undefined;
    return {
      before: own,
      after:
        task.runsUntil === undefined ? [] : following.flatMap((one) => until(one, task.runsUntil as Date)),
      goesOn:
        successor === undefined
          ? null
          : successor.fullPeriod.end.getTime() === charge.fullPeriod.end.getTime()
            ? 'same_end'
            : 'own_period',
    };
  };
}

const usageOf = (task: BillingTask, chargesOf: ChargesOf): MeteredCharge[] =>
  chargesOf(task)
    .filter(({ line }) => line.priceType === 'USAGE')
    .map((charge) => meteredCharge(charge, task, -1));

/** As much of a charge as has been billed by an instant. */
function until(charge: MeteredCharge, end: Date): MeteredCharge[] {
  const served = charge.served.flatMap((part) =>
    part.start < end ? [{ start: part.start, end: earlierOf(part.end, end) }] : [],
  );
  return served.length === 0
    ? []
    : [
        {
          ...charge,
          served,
          present: {
            start: charge.present.start,
            end: laterOf(charge.present.start, earlierOf(charge.present.end, end)),
          },
        },
      ];
}

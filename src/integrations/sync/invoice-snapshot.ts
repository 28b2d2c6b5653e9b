import { money, type Money } from '../../domain/money.js';
import type { InvoicePush } from '../../providers/provider-objects.js';

/** An invoice to push, as it is stored with its operation: JSON has neither bigints nor dates. */
export const toSnapshot = (push: InvoicePush): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(push, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  ) as Record<string, unknown>;

type Stored<T> = T extends bigint | Date
  ? string
  : T extends readonly (infer U)[]
    ? Stored<U>[]
    : T extends object
      ? { [K in keyof T]: Stored<T[K]> }
      : T;

export function fromSnapshot(snapshot: Record<string, unknown>): InvoicePush {
  const stored = snapshot as unknown as Stored<InvoicePush>;
  return {
    ...stored,
    customer: { ...stored.customer },
    collectionMethod: stored.collectionMethod,
    dueAt: new Date(stored.dueAt),
    amountDue: readMoney(stored.amountDue),
    lines: stored.lines.map((line) => ({
      ...line,
      amount: readMoney(line.amount),
      period:
        line.period === undefined
          ? undefined
          : { start: new Date(line.period.start), end: new Date(line.period.end) },
    })),
    adjustments: stored.adjustments.map((adjustment) => ({
      ...adjustment,
      amount: readMoney(adjustment.amount),
    })),
  };
}

const readMoney = (stored: Stored<Money>): Money => money(BigInt(stored.amount), stored.currency);

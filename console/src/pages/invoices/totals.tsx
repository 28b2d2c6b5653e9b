import type { ReactNode } from 'react';
import type { Invoice } from '../../api/types';
import { isZero } from '../../format/money';
import { Money } from '../../parts/text';

/** From the sum of the lines to what is left to pay; what is nothing is left out. */
export function Totals({ invoice }: { readonly invoice: Invoice }): ReactNode {
  const rows: [label: string, amount: string, always?: boolean][] = [
    ['Subtotal', invoice.subtotal, true],
    ...(invoice.coupon_applications ?? []).map((one): [string, string] => [
      `Coupon ${(one.coupon_snapshot as { name?: string }).name ?? one.coupon_id}`,
      negative(one.discounted_amount),
    ]),
    ...(isZero(invoice.total_discount) || (invoice.coupon_applications ?? []).length > 0
      ? []
      : [['Discount', negative(invoice.total_discount)] as [string, string]]),
    ['Prepaid credits', negative(invoice.total_prepaid_credits_applied)],
    ...(invoice.taxes ?? []).map((one): [string, string] => [
      `Tax ${(one.tax_rate as { name?: string } | null)?.name ?? ''}`,
      one.tax_amount,
    ]),
    ...(isZero(invoice.total_tax) || (invoice.taxes ?? []).length > 0
      ? []
      : [['Tax', invoice.total_tax] as [string, string]]),
  ];
  const after: [string, string][] = [
    ['Credited', negative(invoice.adjustment_amount)],
    ['Paid', negative(invoice.amount_paid)],
    ['Refunded', invoice.refunded_amount],
  ];
  const row = ([label, amount, always]: [string, string, boolean?], index: number): ReactNode =>
    always !== true && isZero(amount) ? null : (
      <Pair key={`${label}${index}`}>
        <dt>{label}</dt>
        <dd>
          <Money amount={amount} currency={invoice.currency} />
        </dd>
      </Pair>
    );
  return (
    <dl className="totals">
      {rows.map(row)}
      <dt className="sum">Total</dt>
      <dd className="sum">
        <Money amount={invoice.total} currency={invoice.currency} />
      </dd>
      {after.map(row)}
      <dt className="sum">Remaining</dt>
      <dd className="sum">
        <Money amount={invoice.amount_remaining} currency={invoice.currency} />
      </dd>
    </dl>
  );
}

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

const Pair = ({ children }: { readonly children: ReactNode }): ReactNode => <>{children}</>;

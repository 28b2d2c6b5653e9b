import { NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Payment } from '../../api/types';
import { formatMoney, isZero, typed } from '../../format/money';
import { sentence } from '../../format/words';
import { Sheet, useRequestKey } from '../../parts/sheet';

const REASONS = ['requested_by_customer', 'duplicate', 'fraudulent'] as const;
const AMOUNT = /^\d+(\.\d+)?$/;

export function RefundSheet({ payment, close }: { readonly payment: Payment; readonly close: () => void }) {
  const partly = !isZero(payment.refunded_amount);
  const [amount, setAmount] = useState(partly ? '' : typed(payment.amount));
  const [reason, setReason] = useState<(typeof REASONS)[number]>('requested_by_customer');
  const requestKey = useRequestKey();
  const refund = useAction(
    () => {
      const content = { ...(amount.trim() === '' ? {} : { amount: amount.trim() }), reason };
      return body(
        client.POST('/v1/payments/{id}/refunds', {
          params: { path: { id: payment.id }, header: requestKey(content) },
          body: content,
        }),
      );
    },
    ({ refund_status: status }) => `The refund is ${sentence(status).toLowerCase()}`,
  );
  const all = amount.trim() === '';
  const valid = all || AMOUNT.test(amount.trim());
  const shown = all
    ? 'what is left of the payment'
    : valid
      ? formatMoney(amount.trim(), payment.currency)
      : '…';
  return (
    <Sheet
      title={`Refund ${formatMoney(payment.amount, payment.currency)}`}
      open
      close={close}
      danger
      button="Refund"
      disabled={!valid}
      consequence={consequence(payment, shown)}
      action={refund}
      submit={() => {
        refund.mutate(undefined, { onSuccess: close });
      }}
    >
      <TextInput
        label={`Amount in ${payment.currency.toUpperCase()}`}
        description={
          partly
            ? `${formatMoney(payment.refunded_amount, payment.currency)} were refunded already. Empty: all that is left.`
            : 'Empty: all of it.'
        }
        inputMode="decimal"
        value={amount}
        error={fieldError(refund.error, 'amount') ?? (valid ? undefined : 'A number like 25.00')}
        onChange={(event) => {
          setAmount(event.currentTarget.value);
        }}
      />
      <NativeSelect
        label="Reason"
        data={REASONS.map((value) => ({ value, label: sentence(value) }))}
        value={reason}
        onChange={(event) => {
          setReason(event.currentTarget.value as (typeof REASONS)[number]);
        }}
      />
    </Sheet>
  );
}

function consequence(payment: Payment, shown: string): ReactNode {
  const invoice = `; invoice ${payment.invoice_number ?? payment.destination_id} then counts as refunded by that much.`;
  if (payment.payment_method_type === 'CREDITS')
    return `Gives ${shown} back to the wallet it was paid from${invoice}`;
  if (payment.payment_gateway === null)
    return `Records that ${shown} were given back outside of this system: no money is moved${invoice}`;
  return `Sends ${shown} back the way they were paid, through ${sentence(payment.payment_gateway)}${invoice}`;
}

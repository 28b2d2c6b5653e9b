import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Invoice } from '../../api/types';
import { formatMoney, isZero } from '../../format/money';
import { sentence } from '../../format/words';
import { Sheet, useRequestKey } from '../../parts/sheet';

const REASONS = [
  'BILLING_ERROR',
  'SERVICE_ISSUE',
  'UNSATISFACTORY',
  'ORDER_CHANGE',
  'DUPLICATE',
  'FRAUDULENT',
  'SUBSCRIPTION_CANCELLATION',
] as const;

const AMOUNT = /^\d+(\.\d+)?$/;

export function CreditNoteSheet(props: {
  readonly invoice: Invoice;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { invoice, open, close } = props;
  const [amounts, setAmounts] = useState<Readonly<Record<string, string>>>({});
  const [reason, setReason] = useState<(typeof REASONS)[number]>('BILLING_ERROR');
  const [memo, setMemo] = useState('');
  const requestKey = useRequestKey();
  const lines = (invoice.line_items ?? []).filter((line) => line.id !== null && !line.amount.startsWith('-'));
  const credited = lines
    .map((line) => ({ line, amount: (amounts[line.id ?? ''] ?? '').trim() }))
    .filter(({ amount }) => amount !== '');
  const make = useAction(() => {
    const content = {
      invoice_id: invoice.id ?? '',
      reason,
      ...(memo.trim() === '' ? {} : { memo: memo.trim() }),
      line_items: credited.map(({ line, amount }) => ({ invoice_line_item_id: line.id ?? '', amount })),
      process_credit_note: true,
    };
    return body(client.POST('/v1/creditnotes', { body: content, params: { header: requestKey(content) } }));
  }, 'The credit note is made');
  const valid = credited.length > 0 && credited.every(({ amount }) => AMOUNT.test(amount));
  const list = credited
    .filter(({ amount }) => AMOUNT.test(amount))
    .map(({ line, amount }) => `${formatMoney(amount, invoice.currency)} of “${line.display_name}”`)
    .join(' and ');
  const name = invoice.customer?.name ?? 'the customer';
  return (
    <Sheet
      title="Credit note"
      open={open}
      close={close}
      button="Make the credit note"
      disabled={!valid}
      consequence={
        list === ''
          ? 'Say how much of which line is credited.'
          : isZero(invoice.amount_remaining)
            ? `Gives ${list}, with its tax, back to the wallet of ${name}: the invoice is paid.`
            : `Takes ${list}, with its tax, off what ${name} owes on the invoice.`
      }
      action={make}
      submit={() => {
        make.mutate(undefined, {
          onSuccess: () => {
            setAmounts({});
            close();
          },
        });
      }}
    >
      {lines.map((line) => (
        <TextInput
          key={line.id}
          label={`${line.display_name}, of ${formatMoney(line.amount, line.currency)}`}
          inputMode="decimal"
          placeholder="0"
          value={amounts[line.id ?? ''] ?? ''}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setAmounts((before) => ({ ...before, [line.id ?? '']: text }));
          }}
        />
      ))}
      <NativeSelect
        label="Reason"
        data={REASONS.map((value) => ({ value, label: sentence(value) }))}
        value={reason}
        error={fieldError(make.error, 'reason')}
        onChange={(event) => {
          setReason(event.currentTarget.value as (typeof REASONS)[number]);
        }}
      />
      <Textarea
        label="Memo"
        value={memo}
        onChange={(event) => {
          setMemo(event.currentTarget.value);
        }}
      />
    </Sheet>
  );
}

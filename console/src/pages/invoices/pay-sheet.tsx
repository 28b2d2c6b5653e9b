import { NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Invoice } from '../../api/types';
import { formatMoney, typed } from '../../format/money';
import { Sheet, useRequestKey } from '../../parts/sheet';

const WAYS = [
  { value: 'OFFLINE', label: 'It was paid elsewhere: bank transfer, cash, cheque' },
  { value: 'CARD', label: 'Charge the saved card' },
  { value: 'CREDITS', label: 'Take it from the wallet' },
  { value: 'PAYMENT_LINK', label: 'Make a payment page' },
] as const;

type Way = (typeof WAYS)[number]['value'];

const AMOUNT = /^\d+(\.\d+)?$/;

export function PaySheet(props: {
  readonly invoice: Invoice;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { invoice, open, close } = props;
  const [way, setWay] = useState<Way>('OFFLINE');
  const [given, setGiven] = useState<string>();
  const [note, setNote] = useState('');
  const requestKey = useRequestKey();
  const amount = (given ?? typed(invoice.amount_remaining)).trim();
  const pay = useAction(
    () => {
      const content = {
        destination_type: 'INVOICE' as const,
        destination_id: invoice.id ?? '',
        payment_method_type: way,
        amount,
        currency: invoice.currency,
        ...(way === 'PAYMENT_LINK' ? { success_url: location.href, cancel_url: location.href } : {}),
        ...(note.trim() === '' ? {} : { metadata: { note: note.trim() } }),
      };
      return body(client.POST('/v1/payments', { body: content, params: { header: requestKey(content) } }));
    },
    (payment) =>
      payment.payment_url === null ? 'The payment is recorded' : 'The payment page is made: see the payments',
  );
  const valid = AMOUNT.test(amount);
  const shown = valid ? formatMoney(amount, invoice.currency) : '…';
  const number = invoice.invoice_number ?? 'the invoice';
  const name = invoice.customer?.name ?? 'the customer';
  const consequence: Readonly<Record<Way, string>> = {
    OFFLINE: `Records that ${name} has paid ${shown} on ${number}. No money is moved; providers that have the invoice are told.`,
    CARD: `Charges ${shown} to the default card of ${name} at the provider, for ${number}.`,
    CREDITS: `Takes ${shown} from the wallet of ${name}, for ${number}.`,
    PAYMENT_LINK: `Makes a page at the provider on which ${name} can pay ${shown}. No money is moved until then.`,
  };
  return (
    <Sheet
      title="Record a payment"
      open={open}
      close={close}
      button={
        way === 'OFFLINE' ? 'Record the payment' : way === 'PAYMENT_LINK' ? 'Make the page' : `Take ${shown}`
      }
      consequence={consequence[way]}
      disabled={!valid}
      action={pay}
      submit={() => {
        pay.mutate(undefined, {
          onSuccess: () => {
            setGiven(undefined);
            close();
          },
        });
      }}
    >
      <NativeSelect
        label="How"
        data={[...WAYS]}
        value={way}
        onChange={(event) => {
          setWay(event.currentTarget.value as Way);
        }}
      />
      <TextInput
        label={`Amount in ${invoice.currency.toUpperCase()}`}
        inputMode="decimal"
        required
        value={given ?? typed(invoice.amount_remaining)}
        error={fieldError(pay.error, 'amount') ?? (valid ? undefined : 'A number like 25.00')}
        onChange={(event) => {
          setGiven(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Note"
        description="Kept with the payment: a reference of the transfer, for example."
        value={note}
        onChange={(event) => {
          setNote(event.currentTarget.value);
        }}
      />
    </Sheet>
  );
}

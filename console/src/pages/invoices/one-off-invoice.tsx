import { Switch, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Customer } from '../../api/types';
import { formatMoney } from '../../format/money';
import { Sheet, useRequestKey } from '../../parts/sheet';

const AMOUNT = /^\d+(\.\d+)?$/;

export function OneOffInvoice(props: {
  readonly customer: Customer;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { customer, open, close } = props;
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [what, setWhat] = useState('');
  const [amount, setAmount] = useState('');
  const [currency, setCurrency] = useState('usd');
  const [now, setNow] = useState(true);
  const make = useAction(() => {
    const content = {
      customer_id: customer.id,
      currency: currency.trim().toLowerCase(),
      amount_due: amount.trim(),
      line_items: [{ display_name: what.trim(), amount: amount.trim(), quantity: '1' }],
      invoice_status: now ? ('FINALIZED' as const) : ('DRAFT' as const),
    };
    return body(client.POST('/v1/invoices', { body: content, params: { header: requestKey(content) } }));
  }, 'The invoice is made');
  const valid = AMOUNT.test(amount.trim()) && /^[a-z]{3}$/i.test(currency.trim()) && what.trim() !== '';
  const shown = valid ? formatMoney(amount.trim(), currency.trim()) : '…';
  return (
    <Sheet
      title="Bill something once"
      open={open}
      close={close}
      button="Make the invoice"
      disabled={!valid}
      consequence={
        now
          ? `${customer.name} owes ${shown}, and connections that send invoices send the invoice.`
          : `Makes a draft over ${shown}: nothing is owed until it is finalized.`
      }
      action={make}
      submit={() => {
        make.mutate(undefined, {
          onSuccess: (invoice) => void navigate(`/invoices/${invoice.id ?? ''}`),
        });
      }}
    >
      <TextInput
        label="What"
        required
        value={what}
        onChange={(event) => {
          setWhat(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Amount"
        inputMode="decimal"
        required
        value={amount}
        error={fieldError(make.error, 'amount_due')}
        onChange={(event) => {
          setAmount(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Currency"
        required
        value={currency}
        error={fieldError(make.error, 'currency')}
        onChange={(event) => {
          setCurrency(event.currentTarget.value);
        }}
      />
      <Switch
        label="Finalize it at once"
        checked={now}
        onChange={(event) => {
          setNow(event.currentTarget.checked);
        }}
      />
    </Sheet>
  );
}

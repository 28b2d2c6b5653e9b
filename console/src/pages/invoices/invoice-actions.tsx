import { Button, Menu } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import type { Invoice } from '../../api/types';
import { formatMoney, isZero } from '../../format/money';
import { Sheet } from '../../parts/sheet';
import { Problem } from '../../parts/states';
import { CreditNoteSheet } from './credit-note-sheet';
import { PaySheet } from './pay-sheet';

type Opened = 'finalize' | 'pay' | 'charge' | 'credit' | 'void';

/** What makes sense now stands first; the rest is behind "…". */
export function InvoiceActions({ invoice }: { readonly invoice: Invoice }): ReactNode {
  const [open, setOpen] = useState<Opened>();
  const close = (): void => {
    setOpen(undefined);
  };
  const id = invoice.id ?? '';
  const path = { params: { path: { id } } };
  const draft = invoice.invoice_status === 'DRAFT';
  const finalized = invoice.invoice_status === 'FINALIZED';
  const owed = finalized && !isZero(invoice.amount_remaining);
  const remaining = formatMoney(invoice.amount_remaining, invoice.currency);
  const total = formatMoney(invoice.total, invoice.currency);
  const name = invoice.customer?.name ?? 'the customer';

  const finalize = useAction(() => body(client.POST('/v1/invoices/{id}/finalize', path)), 'Finalized');
  const charge = useAction(() => body(client.POST('/v1/invoices/{id}/payment/attempt', path)), 'Charged');
  const cancel = useAction(() => body(client.POST('/v1/invoices/{id}/void', path)), 'The invoice is void');
  const pdf = useAction(async () => {
    const file = await body(client.GET('/v1/invoices/{id}/pdf', { ...path, parseAs: 'blob' }));
    save(file, `${invoice.invoice_number ?? id}.pdf`);
  });
  const opener = (what: Opened) => () => {
    setOpen(what);
  };
  return (
    <>
      {draft && <Button onClick={opener('finalize')}>Finalize</Button>}
      {owed && <Button onClick={opener('pay')}>Record a payment</Button>}
      <Button
        variant="default"
        loading={pdf.isPending}
        onClick={() => {
          pdf.mutate(undefined);
        }}
      >
        PDF
      </Button>
      {(draft || finalized) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" aria-label="More actions">
              …
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {owed && <Menu.Item onClick={opener('charge')}>Charge the saved card</Menu.Item>}
            {finalized && <Menu.Item onClick={opener('credit')}>Credit note</Menu.Item>}
            {finalized && <SendItems invoiceId={id} />}
            <Menu.Item onClick={opener('void')}>Void</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <Problem error={pdf.error} />
      <Sheet
        title="Finalize the invoice"
        open={open === 'finalize'}
        close={close}
        button="Finalize"
        consequence={`Gives the invoice its number: ${name} then owes ${total}, and connections that send invoices send it.`}
        action={finalize}
        submit={() => {
          finalize.mutate(undefined, { onSuccess: close });
        }}
      />
      <Sheet
        title="Charge the saved card"
        open={open === 'charge'}
        close={close}
        button={`Charge ${remaining}`}
        consequence={`Takes ${remaining} from the postpaid wallets of ${name}, and what is still owed then from the default card.`}
        action={charge}
        submit={() => {
          charge.mutate(undefined, { onSuccess: close });
        }}
      />
      <Sheet
        title="Void the invoice"
        open={open === 'void'}
        close={close}
        danger
        button="Void the invoice"
        consequence={
          isZero(invoice.amount_paid)
            ? `Nothing is owed on the invoice over ${total} any more. Providers that have it are told.`
            : `Nothing is owed on the invoice any more, and the ${formatMoney(invoice.amount_paid, invoice.currency)} that were paid go to the wallet of ${name}.`
        }
        action={cancel}
        submit={() => {
          cancel.mutate(undefined, { onSuccess: close });
        }}
      />
      <PaySheet invoice={invoice} open={open === 'pay'} close={close} />
      <CreditNoteSheet invoice={invoice} open={open === 'credit'} close={close} />
    </>
  );
}

function SendItems({ invoiceId }: { readonly invoiceId: string }): ReactNode {
  const connections = api.useQuery('get', '/v1/connections', { params: { query: { limit: 100 } } });
  const send = useAction(
    ({ provider, connection_id }: { readonly provider: string; readonly connection_id: string }) =>
      body(
        client.POST('/v1/invoices/{id}/sync/{provider}', {
          params: { path: { id: invoiceId, provider }, query: { connection_id, wait: 'true' } },
        }),
      ),
    ({ status }) => `The invoice is ${status}`,
  );
  return connections.data?.items.map((one) => (
    <Menu.Item
      key={one.id}
      closeMenuOnClick={false}
      disabled={send.isPending}
      onClick={() => {
        send.mutate({ provider: one.provider_type, connection_id: one.id });
      }}
    >
      Send to {one.name}
      {send.isError && `: ${send.error.message}`}
    </Menu.Item>
  ));
}

function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

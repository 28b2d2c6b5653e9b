import { Text } from '@mantine/core';
import { Spotlight } from '@mantine/spotlight';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api/client';
import { useNow } from '../api/environment';
import { formatMoney } from '../format/money';
import { invoiceStatus } from '../format/words';
import { useSettled } from '../parts/filters';
import { useCustomerSearch } from '../parts/pickers';
import { FOUND_ICONS, NAVIGATION } from './nav';

const PAGES = NAVIGATION.flatMap(({ title, items }) =>
  items.map((item) => ({ ...item, group: title ?? 'Pages' })),
);

/** Ctrl K, or ⌘ K: a page at once, customers and invoices as one types. */
export function Palette(): ReactNode {
  const [text, setText] = useState('');
  return (
    <Spotlight.Root
      query={text}
      onQueryChange={setText}
      shortcut={['mod + K']}
      scrollable
      maxHeight={420}
      clearQueryOnClose
    >
      <Spotlight.Search placeholder="A customer, an invoice number, a page" aria-label="Find" />
      <Spotlight.ActionsList>
        {text.trim() === '' ? null : <Found text={text.trim()} />}
        <Pages text={text.trim().toLowerCase()} />
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function Pages({ text }: { readonly text: string }): ReactNode {
  const navigate = useNavigate();
  const pages = PAGES.filter(({ label }) => label.toLowerCase().includes(text));
  if (pages.length === 0) return null;
  return (
    <Spotlight.ActionsGroup label="Pages">
      {pages.map(({ to, label, icon: Icon, group }) => (
        <Spotlight.Action
          key={to}
          label={label}
          leftSection={<Icon size={18} aria-hidden />}
          rightSection={
            <Text size="xs" c="dimmed">
              {group}
            </Text>
          }
          onClick={() => void navigate(to)}
        />
      ))}
    </Spotlight.ActionsGroup>
  );
}

function Found({ text }: { readonly text: string }): ReactNode {
  const navigate = useNavigate();
  const now = useNow();
  const settled = useSettled(text);
  const customers = useCustomerSearch(text);
  const invoices = api.useQuery('post', '/v1/invoices/search', {
    body: {
      limit: 5,
      skip_line_items: true,
      filters: [{ field: 'invoice_number', operator: 'contains', value: { string: settled } }],
    },
  });
  const CustomerIcon = FOUND_ICONS.customer;
  const InvoiceIcon = FOUND_ICONS.invoice;
  return (
    <>
      {(customers.items?.length ?? 0) > 0 && (
        <Spotlight.ActionsGroup label="Customers">
          {customers.items?.slice(0, 6).map((customer) => (
            <Spotlight.Action
              key={customer.id}
              label={customer.name === '' ? customer.external_id : customer.name}
              description={[customer.external_id, customer.email].filter(Boolean).join(' · ')}
              leftSection={<CustomerIcon size={18} aria-hidden />}
              onClick={() => void navigate(`/customers/${customer.id}`)}
            />
          ))}
        </Spotlight.ActionsGroup>
      )}
      {(invoices.data?.items.length ?? 0) > 0 && (
        <Spotlight.ActionsGroup label="Invoices">
          {invoices.data?.items.map((invoice) => (
            <Spotlight.Action
              key={invoice.id}
              label={invoice.invoice_number ?? 'Draft'}
              description={`${formatMoney(invoice.total, invoice.currency)} · ${invoiceStatus(invoice, now).label}`}
              leftSection={<InvoiceIcon size={18} aria-hidden />}
              onClick={() => void navigate(`/invoices/${invoice.id ?? ''}`)}
            />
          ))}
        </Spotlight.ActionsGroup>
      )}
    </>
  );
}

import { Group, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Customer } from '../../api/types';
import { Sheet, useRequestKey } from '../../parts/sheet';

const FIELDS = [
  ['name', 'Name', true],
  ['email', 'E-mail', false],
  ['address_line1', 'Street', false],
  ['address_city', 'City', false],
  ['address_postal_code', 'Postal code', false],
  ['address_country', 'Country (two letters)', false],
  ['timezone', 'Time zone (UTC when left empty)', false],
] as const;

type Field = (typeof FIELDS)[number][0];

/** A new customer, or a change of one. */
export function CustomerSheet(props: {
  readonly customer?: Customer;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { customer, open, close } = props;
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [externalId, setExternalId] = useState('');
  const [values, setValues] = useState<Partial<Record<Field, string>>>(() =>
    Object.fromEntries(FIELDS.map(([name]) => [name, customer?.[name] ?? ''])),
  );
  const save = useAction(
    async () => {
      const given = Object.fromEntries(
        FIELDS.map(([name]) => [name, values[name]?.trim() ?? ''] as const).filter(([, text]) => text !== ''),
      );
      if (customer !== undefined)
        return body(client.PUT('/v1/customers/{id}', { params: { path: { id: customer.id } }, body: given }));
      const content = { ...given, name: values.name?.trim() ?? '', external_id: externalId.trim() };
      return body(client.POST('/v1/customers', { body: content, params: { header: requestKey(content) } }));
    },
    customer === undefined ? 'The customer is added' : 'Saved',
  );
  return (
    <Sheet
      title={customer === undefined ? 'Add a customer' : 'Edit the customer'}
      open={open}
      close={close}
      button={customer === undefined ? 'Add the customer' : 'Save'}
      disabled={(customer === undefined && externalId.trim() === '') || (values.name ?? '').trim() === ''}
      action={save}
      submit={() => {
        save.mutate(undefined, {
          onSuccess: (saved) => {
            close();
            if (customer === undefined) void navigate(`/customers/${saved.id}`);
          },
        });
      }}
    >
      {customer === undefined && (
        <TextInput
          label="Your id"
          description="What events and subscriptions name. It cannot be changed later."
          required
          value={externalId}
          error={fieldError(save.error, 'external_id')}
          onChange={(event) => {
            setExternalId(event.currentTarget.value);
          }}
        />
      )}
      <Group grow preventGrowOverflow={false}>
        {FIELDS.map(([name, label, required]) => (
          <TextInput
            key={name}
            label={label}
            required={required}
            miw={200}
            value={values[name] ?? ''}
            error={fieldError(save.error, name)}
            onChange={(event) => {
              const text = event.currentTarget.value;
              setValues((before) => ({ ...before, [name]: text }));
            }}
          />
        ))}
      </Group>
    </Sheet>
  );
}

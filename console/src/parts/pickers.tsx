import { Select } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../api/client';
import type { Customer } from '../api/types';
import { useSettled } from './filters';

interface PickerProps<T> {
  readonly label: string;
  readonly value: string;
  readonly change: (id: string, item: T | undefined) => void;
  readonly required?: boolean;
  readonly error?: string | undefined;
}

/** By name, e-mail address or external id, as one types: three lists, since the filters of one list are all to hold. */
export function useCustomerSearch(text: string): {
  readonly items: readonly Customer[] | undefined;
  readonly error: unknown;
} {
  const settled = useSettled(text.trim());
  const search = (field: string) => ({
    body: {
      limit: 20,
      filters: [{ field, operator: 'contains' as const, value: { string: settled } }],
    },
  });
  const enabled = { enabled: settled !== '' };
  const recent = api.useQuery(
    'post',
    '/v1/customers/search',
    { body: { limit: 20 } },
    { enabled: settled === '' },
  );
  const byName = api.useQuery('post', '/v1/customers/search', search('name'), enabled);
  const byId = api.useQuery('post', '/v1/customers/search', search('external_id'), enabled);
  const byEmail = api.useQuery('post', '/v1/customers/search', search('email'), enabled);
  const answers = settled === '' ? [recent] : [byName, byId, byEmail];
  const error = answers.find((answer) => answer.error !== null)?.error ?? null;
  if (answers.some(({ data }) => data === undefined)) return { items: undefined, error };
  const found = answers.flatMap(({ data }) => data?.items ?? []);
  return { items: [...new Map(found.map((one) => [one.id, one])).values()], error: null };
}

export function CustomerPicker({ label, value, change, required, error }: PickerProps<Customer>): ReactNode {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Customer>();
  const typing = useSettled(text) !== text;
  // What stands in the box once something is chosen is no search.
  const { items = [] } = useCustomerSearch(chosen !== undefined && text === nameOf(chosen) ? '' : text);
  const known = api.useQuery(
    'get',
    '/v1/customers/{id}',
    { params: { path: { id: value } } },
    { enabled: value !== '' && chosen?.id !== value },
  );
  const current = chosen?.id === value ? chosen : known.data;
  const all = [
    ...new Map([...(current === undefined ? [] : [current]), ...items].map((c) => [c.id, c])).values(),
  ];
  return (
    <Select
      label={label}
      placeholder="Search by name, e-mail or id"
      searchable
      clearable
      required={required}
      error={error}
      data={all.map((customer) => ({ value: customer.id, label: nameOf(customer) }))}
      // Until the server has looked, only what fits of what is known: nobody is to be picked by mistake.
      {...(typing ? {} : { filter: ({ options }) => options })}
      value={value === '' ? null : value}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id) => {
        const item = all.find((one) => one.id === id);
        setChosen(item);
        change(id ?? '', item);
      }}
      nothingFoundMessage="No customer is called like that"
    />
  );
}

const nameOf = (customer: Customer): string =>
  customer.name === '' ? customer.external_id : `${customer.name} (${customer.external_id})`;

export function PlanPicker(props: {
  readonly label: string;
  readonly value: string;
  readonly change: (id: string) => void;
  readonly except?: string;
  readonly error?: string | undefined;
}): ReactNode {
  const plans = api.useQuery('post', '/v1/plans/search', { body: { limit: 200 } });
  return (
    <Select
      label={props.label}
      placeholder="Choose a plan"
      searchable
      required
      error={props.error}
      data={(plans.data?.items ?? [])
        .filter(({ id }) => id !== props.except)
        .map(({ id, name }) => ({ value: id, label: name }))}
      value={props.value === '' ? null : props.value}
      onChange={(id) => {
        props.change(id ?? '');
      }}
      nothingFoundMessage="No plan is called like that"
    />
  );
}

export function FeaturePicker(props: {
  readonly label: string;
  readonly value: string;
  readonly change: (id: string) => void;
  readonly error?: string | undefined;
}): ReactNode {
  const features = api.useQuery('post', '/v1/features/search', { body: { limit: 200 } });
  return (
    <Select
      label={props.label}
      placeholder="Choose a metered feature"
      searchable
      clearable
      error={props.error}
      data={(features.data?.items ?? [])
        .filter(({ meter_id: meter }) => meter !== null)
        .map(({ id, name }) => ({ value: id, label: name }))}
      value={props.value === '' ? null : props.value}
      onChange={(id) => {
        props.change(id ?? '');
      }}
      nothingFoundMessage="No metered feature is called like that"
    />
  );
}

import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Feature } from '../../api/types';
import { sentence } from '../../format/words';
import { Filters, SearchBox, useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id, To } from '../../parts/text';

/** "Sum of tokens of each tokens.used". */
function measured({ meter }: Feature): string {
  if (meter === null) return '–';
  const { aggregation, event_name: event } = meter;
  const field = aggregation.field === null || aggregation.field === '' ? '' : ` of ${aggregation.field}`;
  return `${sentence(aggregation.type)}${field}, of events “${event}”`;
}

export function Component(): ReactNode {
  const [at, go] = useAddress('q', 'page');
  const [adding, setAdding] = useState(false);
  const features = api.useQuery('post', '/v1/features/search', {
    body: {
      limit: PAGE_SIZE,
      offset: offsetOf(at.page),
      ...(at.q.trim() === '' ? {} : { name_contains: at.q.trim() }),
    },
  });
  return (
    <Page
      title="Features"
      subtitle="What is sold: something that is measured, or something a plan has or has not."
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Define a feature
        </Button>
      }
    >
      <Filters>
        <SearchBox
          label="Search by name"
          value={at.q}
          change={(q) => {
            go({ q });
          }}
        />
      </Filters>
      <Table
        label="Features"
        rows={features.data?.items}
        rowKey={({ id }) => id}
        error={features.error}
        retry={features.refetch}
        empty={{
          title: at.q === '' ? 'No features yet' : 'No feature is called like that',
          text: 'A metered feature says which events count and how: by number, by sum, by the highest value.',
          curl: `curl $URL/v1/features -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"name": "Tokens", "type": "metered", "meter": {"name": "Tokens", "event_name": "tokens.used",\n       "aggregation": {"type": "SUM", "field": "tokens"}}}'`,
        }}
        columns={[
          {
            title: 'Name',
            cell: (one) => (
              <>
                {one.meter_id === null ? (
                  one.name
                ) : (
                  <To to={`/usage?by=feature&feature=${one.id}`} row>
                    {one.name}
                  </To>
                )}
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          { title: 'Kind', cell: (one) => sentence(one.type) },
          { title: 'Measured', cell: measured },
          { title: 'Your id', cell: (one) => one.lookup_key ?? '–' },
          { title: 'Created', cell: (one) => <Day at={one.created_at} /> },
        ]}
      />
      <Pager of={features.data} page={at.page} go={go} />
      <NewFeature
        open={adding}
        close={() => {
          setAdding(false);
        }}
      />
    </Page>
  );
}

const WAYS = [
  { value: 'COUNT', label: 'Count the events' },
  { value: 'SUM', label: 'Add up a property' },
  { value: 'MAX', label: 'The highest value of a property' },
  { value: 'LATEST', label: 'The latest value of a property' },
  { value: 'COUNT_UNIQUE', label: 'Count different values of a property' },
  { value: 'AVG', label: 'The average of a property' },
] as const;

type Way = (typeof WAYS)[number]['value'];

function NewFeature({ open, close }: { readonly open: boolean; readonly close: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<'metered' | 'boolean' | 'static'>('metered');
  const [event, setEvent] = useState('');
  const [way, setWay] = useState<Way>('COUNT');
  const [field, setField] = useState('');
  const requestKey = useRequestKey();
  const make = useAction(() => {
    const content = {
      name: name.trim(),
      type: kind,
      ...(kind === 'metered'
        ? {
            meter: {
              name: name.trim(),
              event_name: event.trim(),
              aggregation: { type: way, ...(way === 'COUNT' ? {} : { field: field.trim() }) },
            },
          }
        : {}),
    };
    return body(client.POST('/v1/features', { body: content, params: { header: requestKey(content) } }));
  }, 'The feature is defined');
  const ready =
    name.trim() !== '' &&
    (kind !== 'metered' || (event.trim() !== '' && (way === 'COUNT' || field.trim() !== '')));
  return (
    <Sheet
      title="Define a feature"
      open={open}
      close={close}
      button="Define the feature"
      disabled={!ready}
      action={make}
      submit={() => {
        make.mutate(undefined, { onSuccess: close });
      }}
    >
      <TextInput
        label="Name"
        required
        value={name}
        error={fieldError(make.error, 'name')}
        onChange={(change) => {
          setName(change.currentTarget.value);
        }}
      />
      <NativeSelect
        label="Kind"
        data={[
          { value: 'metered', label: 'Metered: events are counted' },
          { value: 'boolean', label: 'Yes or no' },
          { value: 'static', label: 'A fixed value' },
        ]}
        value={kind}
        onChange={(change) => {
          setKind(change.currentTarget.value as typeof kind);
        }}
      />
      {kind === 'metered' && (
        <>
          <TextInput
            label="Name of the events"
            required
            placeholder="tokens.used"
            value={event}
            error={fieldError(make.error, 'meter.event_name')}
            onChange={(change) => {
              setEvent(change.currentTarget.value);
            }}
          />
          <NativeSelect
            label="How it is measured"
            data={[...WAYS]}
            value={way}
            onChange={(change) => {
              setWay(change.currentTarget.value as Way);
            }}
          />
          {way !== 'COUNT' && (
            <TextInput
              label="Property"
              required
              placeholder="tokens"
              value={field}
              error={fieldError(make.error, 'meter.aggregation.field')}
              onChange={(change) => {
                setField(change.currentTarget.value);
              }}
            />
          )}
        </>
      )}
    </Sheet>
  );
}

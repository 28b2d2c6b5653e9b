import { NativeSelect, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import { CustomerPicker, PlanPicker } from '../../parts/pickers';
import { cadence, PriceTerms } from '../../parts/price';
import { Sheet, useRequestKey } from '../../parts/sheet';

type Collection = 'charge_automatically' | 'send_invoice';

export function NewSubscription(props: {
  /** Left out: it is asked for. */
  readonly customerId?: string;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { open, close } = props;
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [picked, setPicked] = useState('');
  const [planId, setPlanId] = useState('');
  const [collection, setCollection] = useState<Collection>('charge_automatically');
  const [cycle, setCycle] = useState<'anniversary' | 'calendar'>('anniversary');
  const [trial, setTrial] = useState('');
  const customerId = props.customerId ?? picked;
  const make = useAction(() => {
    const content = {
      customer_id: customerId,
      plan_id: planId,
      collection_method: collection,
      billing_cycle: cycle,
      ...(trial.trim() === '' ? {} : { trial_period_days: Number(trial) }),
    };
    return body(client.POST('/v1/subscriptions', { body: content, params: { header: requestKey(content) } }));
  }, 'The subscription has begun');
  return (
    <Sheet
      title="Subscribe to a plan"
      open={open}
      close={close}
      button="Subscribe"
      disabled={customerId === '' || planId === '' || !/^\d*$/.test(trial.trim())}
      consequence="The subscription begins now. What its plan charges in advance is invoiced at once; usage is invoiced at the end of each period."
      action={make}
      submit={() => {
        make.mutate(undefined, {
          onSuccess: (made) => void navigate(`/subscriptions/${made.id}`),
        });
      }}
    >
      {props.customerId === undefined && (
        <CustomerPicker
          label="Customer"
          required
          value={picked}
          change={setPicked}
          error={fieldError(make.error, 'customer_id')}
        />
      )}
      <PlanPicker label="Plan" value={planId} change={setPlanId} error={fieldError(make.error, 'plan_id')} />
      {planId !== '' && <PlanPrices planId={planId} />}
      <NativeSelect
        label="How it is paid"
        data={[
          { value: 'charge_automatically', label: 'The saved card is charged' },
          { value: 'send_invoice', label: 'The customer pays each invoice' },
        ]}
        value={collection}
        onChange={(event) => {
          setCollection(event.currentTarget.value as Collection);
        }}
      />
      <NativeSelect
        label="Periods"
        data={[
          { value: 'anniversary', label: 'From the day it begins' },
          { value: 'calendar', label: 'By the calendar: the first one is shorter' },
        ]}
        value={cycle}
        onChange={(event) => {
          setCycle(event.currentTarget.value as 'anniversary' | 'calendar');
        }}
      />
      <TextInput
        label="Days of trial"
        inputMode="numeric"
        placeholder="none"
        value={trial}
        error={fieldError(make.error, 'trial_period_days')}
        onChange={(event) => {
          setTrial(event.currentTarget.value);
        }}
      />
    </Sheet>
  );
}

function PlanPrices({ planId }: { readonly planId: string }): ReactNode {
  const plan = api.useQuery('get', '/v1/plans/{id}', { params: { path: { id: planId } } });
  return (
    <ul className="plain-list">
      {plan.data?.prices?.map((price) => (
        <li key={price.id}>
          <Text span size="sm" fw={500}>
            {price.display_name ?? price.meter?.name ?? 'Price'}
          </Text>
          , {cadence(price)}: <PriceTerms price={price} />
        </li>
      ))}
    </ul>
  );
}

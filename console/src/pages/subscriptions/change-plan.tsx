import { Alert, NativeSelect, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Subscription } from '../../api/types';
import { formatMoney } from '../../format/money';
import { formatDay } from '../../format/time';
import { PlanPicker } from '../../parts/pickers';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { Answer } from '../../parts/states';
import { Table } from '../../parts/table';
import { Money, Period } from '../../parts/text';

type At = 'immediate' | 'end_of_period';

/** The preview of the API comes first: what is changed is what was seen. */
export function ChangePlan(props: {
  readonly subscription: Subscription;
  readonly open: boolean;
  readonly close: () => void;
}): ReactNode {
  const { subscription, open, close } = props;
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [target, setTarget] = useState('');
  const [at, setAt] = useState<At>('immediate');
  const [proration, setProration] = useState<'create_prorations' | 'none'>('create_prorations');
  const content = { target_plan_id: target, change_at: at, proration_behavior: proration };
  const preview = api.useQuery(
    'post',
    '/v1/subscriptions/{id}/change/preview',
    { params: { path: { id: subscription.id } }, body: content },
    { enabled: target !== '', staleTime: 0 },
  );
  const change = useAction(
    () =>
      body(
        client.POST('/v1/subscriptions/{id}/change/execute', {
          params: { path: { id: subscription.id }, header: requestKey(content) },
          body: content,
        }),
      ),
    (result) => (result.is_scheduled ? 'The change is planned' : 'The plan is changed'),
  );
  return (
    <Sheet
      title="Change the plan"
      open={open}
      close={close}
      wide
      button={at === 'immediate' ? 'Change the plan now' : 'Plan the change'}
      disabled={target === '' || preview.data === undefined}
      action={change}
      consequence={
        preview.data === undefined
          ? 'Choose a plan: what the change bills is shown before anything happens.'
          : `From ${formatDay(preview.data.effective_date, subscription.timezone)} on ${preview.data.target_plan.name} instead of ${preview.data.current_plan.name}${
              preview.data.next_invoice_preview === null
                ? ''
                : `; the change is invoiced with ${formatMoney(preview.data.next_invoice_preview.total, preview.data.next_invoice_preview.currency)}`
            }.`
      }
      submit={() => {
        change.mutate(undefined, {
          onSuccess: (result) => {
            close();
            if (!result.is_scheduled)
              void navigate(`/subscriptions/${result.new_subscription?.id ?? subscription.id}`);
          },
        });
      }}
    >
      <PlanPicker label="New plan" value={target} change={setTarget} except={subscription.plan_id} />
      <NativeSelect
        label="When"
        data={[
          { value: 'immediate', label: 'Now' },
          {
            value: 'end_of_period',
            label: `At the end of the period (${formatDay(subscription.current_period_end, subscription.timezone)})`,
          },
        ]}
        value={at}
        onChange={(event) => {
          setAt(event.currentTarget.value as At);
        }}
      />
      {at === 'immediate' && (
        <NativeSelect
          label="What was paid in advance"
          data={[
            { value: 'create_prorations', label: 'The unused part is credited' },
            { value: 'none', label: 'Stays paid' },
          ]}
          value={proration}
          onChange={(event) => {
            setProration(event.currentTarget.value as 'create_prorations' | 'none');
          }}
        />
      )}
      {target !== '' && (
        <Answer of={preview}>
          {(shown) => (
            <Stack gap="sm">
              {shown.warnings.map((warning) => (
                <Alert key={warning} color="yellow" variant="outline">
                  {warning}
                </Alert>
              ))}
              {shown.next_invoice_preview === null ? (
                <Text size="sm">The change bills nothing by itself.</Text>
              ) : (
                <Table
                  label="What the change bills"
                  rows={shown.next_invoice_preview.line_items}
                  rowKey={(line) => `${line.description}${line.amount}${line.period_start ?? ''}`}
                  empty={{ title: 'Nothing is billed', text: 'The change bills nothing by itself.' }}
                  columns={[
                    { title: 'What', cell: (line) => line.description },
                    {
                      title: 'Period',
                      cell: (line) => (
                        <Period
                          start={line.period_start}
                          end={line.period_end}
                          zone={subscription.timezone}
                        />
                      ),
                    },
                    {
                      title: 'Amount',
                      end: true,
                      cell: (line) => (
                        <Money
                          amount={line.amount}
                          currency={shown.next_invoice_preview?.currency ?? subscription.currency}
                        />
                      ),
                    },
                  ]}
                />
              )}
            </Stack>
          )}
        </Answer>
      )}
    </Sheet>
  );
}

import { Alert, Anchor, Drawer, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import type { LineExplanation } from '../../api/types';
import { sentence } from '../../format/words';
import { Facts } from '../../parts/page';
import { Answer } from '../../parts/states';
import { Table } from '../../parts/table';
import { Instant, Money, Period, Quantity, To } from '../../parts/text';

type Step = LineExplanation['steps'][number];

/** An amount that says how it came about when it is pressed. */
export function WhyAmount(props: {
  readonly invoiceId: string;
  readonly lineId: string;
  readonly name: string;
  readonly amount: string;
  readonly currency: string;
}): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Anchor
        component="button"
        type="button"
        title={`Why this amount: ${props.name}`}
        onClick={() => {
          setOpen(true);
        }}
      >
        <Money amount={props.amount} currency={props.currency} />
      </Anchor>
      <Drawer
        opened={open}
        onClose={() => {
          setOpen(false);
        }}
        position="right"
        size="xl"
        title={`Why this amount: ${props.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {open && <Explanation invoiceId={props.invoiceId} lineId={props.lineId} />}
      </Drawer>
    </>
  );
}

function Explanation({ invoiceId, lineId }: { readonly invoiceId: string; readonly lineId: string }) {
  const explanation = api.useQuery('get', '/v1/invoices/{id}/lines/{line}/explanation', {
    params: { path: { id: invoiceId, line: lineId }, query: { limit: 10 } },
  });
  return (
    <Answer of={explanation} lines={8}>
      {(one) => (
        <Stack>
          {one.changed_since_billed !== null && (
            <Alert color="yellow" variant="outline" title="It would be another amount now">
              Billed <Money amount={one.changed_since_billed.billed.amount} currency={one.currency} />, now{' '}
              <Money amount={one.changed_since_billed.now.amount} currency={one.currency} />. What changed is
              settled with the next invoice.
            </Alert>
          )}
          <Steps label="How the amount came about" steps={one.steps} currency={one.currency} />
          {one.after_steps.length > 0 && (
            <Steps label="What comes after it" steps={one.after_steps} currency={one.currency} />
          )}
          {one.usage !== null && <Measured usage={one.usage} />}
          {one.events !== null && one.events.items.length > 0 && <Events events={one.events} />}
        </Stack>
      )}
    </Answer>
  );
}

function Steps(props: {
  readonly label: string;
  readonly steps: readonly Step[];
  readonly currency: string;
}) {
  const { currency } = props;
  return (
    <Table
      label={props.label}
      rows={props.steps}
      rowKey={(step) => JSON.stringify(step)}
      empty={{ title: 'No steps', text: 'Nothing makes up this amount.' }}
      columns={[
        {
          title: props.label,
          cell: (step) => (
            <>
              {step.text}
              <Text size="xs" c="dimmed">
                {figuresOf(step, currency)}
              </Text>
            </>
          ),
        },
        { title: 'Amount', end: true, cell: (step) => <Money amount={step.amount} currency={currency} /> },
        {
          title: 'Sum',
          end: true,
          cell: (step) => <Money amount={step.running_amount} currency={currency} />,
        },
      ]}
    />
  );
}

/** `1,000 × $0.002 + $5.00, tier 2` */
function figuresOf(step: Step, currency: string): ReactNode {
  return (
    <>
      {step.quantity !== null && <Quantity value={step.quantity} />}
      {step.unit_amount !== null && (
        <>
          {' × '}
          <Money amount={step.unit_amount} currency={currency} />
        </>
      )}
      {step.flat_amount !== null && (
        <>
          {' + '}
          <Money amount={step.flat_amount} currency={currency} />
        </>
      )}
      {step.tier !== null && ` · tier ${step.tier}`}
      {step.period_start !== null && (
        <>
          {' · '}
          <Period start={step.period_start} end={step.period_end} />
        </>
      )}
    </>
  );
}

function Measured({ usage }: { readonly usage: NonNullable<LineExplanation['usage']> }): ReactNode {
  const { meter } = usage;
  return (
    <Facts
      facts={[
        ['Meter', <To to={`/usage?by=events`}>{meter.name}</To>],
        [
          'Measured as',
          `${sentence(meter.aggregation_type)}${meter.field === null ? '' : ` of ${meter.field}`}`,
        ],
        ['In', <Period start={usage.window_start} end={usage.window_end} />],
        ['Measured', <Quantity value={usage.measured_quantity} />],
        ['Included', <Quantity value={usage.included_quantity} />],
        ['Billed', <Quantity value={usage.billed_quantity} />],
      ]}
    />
  );
}

function Events({ events }: { readonly events: NonNullable<LineExplanation['events']> }): ReactNode {
  return (
    <Table
      label="Events"
      rows={events.items}
      rowKey={(event) => event.id}
      empty={{ title: 'No events', text: 'Nothing was sent in this period.' }}
      columns={[
        { title: 'Event', cell: (event) => event.event_name },
        { title: 'Id', cell: (event) => event.id },
        { title: 'At', cell: (event) => <Instant at={event.timestamp} /> },
      ]}
    />
  );
}

import { Button, Menu, NativeSelect } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { body, client, useAction } from '../../api/client';
import { useNow } from '../../api/environment';
import type { Subscription } from '../../api/types';
import { formatDay } from '../../format/time';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { ChangePlan } from './change-plan';

type Opened = 'change' | 'pause' | 'resume' | 'cancel' | 'activate';

interface Opening {
  readonly subscription: Subscription;
  readonly open: boolean;
  readonly close: () => void;
}

export function SubscriptionActions({ subscription }: { readonly subscription: Subscription }): ReactNode {
  const [open, setOpen] = useState<Opened>();
  const close = (): void => {
    setOpen(undefined);
  };
  const opener = (what: Opened) => () => {
    setOpen(what);
  };
  const status = subscription.subscription_status;
  const runs = status === 'active' || status === 'trialing';
  if (status === 'cancelled') return null;
  const common = { subscription, close };
  return (
    <>
      {runs && <Button onClick={opener('change')}>Change the plan</Button>}
      {status === 'paused' && <Button onClick={opener('resume')}>Resume</Button>}
      {status === 'draft' && <Button onClick={opener('activate')}>Activate</Button>}
      {(runs || status === 'paused' || status === 'incomplete') && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" aria-label="More actions">
              …
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {status === 'active' && <Menu.Item onClick={opener('pause')}>Pause</Menu.Item>}
            <Menu.Item onClick={opener('cancel')}>Cancel</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {open === 'change' && <ChangePlan {...common} open />}
      <Pause {...common} open={open === 'pause'} />
      <Resume {...common} open={open === 'resume'} />
      <Cancel {...common} open={open === 'cancel'} />
      <Activate {...common} open={open === 'activate'} />
    </>
  );
}

function Pause({ subscription, open, close }: Opening): ReactNode {
  const [mode, setMode] = useState<'immediate' | 'period_end'>('immediate');
  const requestKey = useRequestKey();
  const pause = useAction(() => {
    const content = { pause_mode: mode };
    return body(
      client.POST('/v1/subscriptions/{id}/pause', {
        params: { path: { id: subscription.id }, header: requestKey(content) },
        body: content,
      }),
    );
  }, 'Paused');
  return (
    <Sheet
      title="Pause the subscription"
      open={open}
      close={close}
      button="Pause"
      consequence="Nothing is charged while it is paused. What was paid in advance stays paid."
      action={pause}
      submit={() => {
        pause.mutate(undefined, { onSuccess: close });
      }}
    >
      <NativeSelect
        label="From when on"
        data={[
          { value: 'immediate', label: 'Now' },
          {
            value: 'period_end',
            label: `From the end of the period (${formatDay(subscription.current_period_end, subscription.timezone)})`,
          },
        ]}
        value={mode}
        onChange={(event) => {
          setMode(event.currentTarget.value as 'immediate' | 'period_end');
        }}
      />
    </Sheet>
  );
}

function Resume({ subscription, open, close }: Opening): ReactNode {
  const resume = useAction(
    () =>
      body(
        client.POST('/v1/subscriptions/{id}/resume', {
          params: { path: { id: subscription.id } },
          body: { resume_mode: 'immediate' },
        }),
      ),
    'Resumed',
  );
  return (
    <Sheet
      title="Resume the subscription"
      open={open}
      close={close}
      button="Resume"
      consequence="The pause ends now, and the subscription is charged again."
      action={resume}
      submit={() => {
        resume.mutate(undefined, { onSuccess: close });
      }}
    />
  );
}

function Activate({ subscription, open, close }: Opening): ReactNode {
  const now = useNow();
  const activate = useAction(
    () =>
      body(
        client.POST('/v1/subscriptions/{id}/activate', {
          params: { path: { id: subscription.id } },
          body: { start_date: now.toISOString() },
        }),
      ),
    'The subscription has begun',
  );
  return (
    <Sheet
      title="Activate the subscription"
      open={open}
      close={close}
      button="Activate"
      consequence="The draft begins now. What its plan charges in advance is invoiced at once."
      action={activate}
      submit={() => {
        activate.mutate(undefined, { onSuccess: close });
      }}
    />
  );
}

type When = 'end_of_period' | 'immediate';

function Cancel({ subscription, open, close }: Opening): ReactNode {
  const [when, setWhen] = useState<When>('end_of_period');
  const [proration, setProration] = useState<'none' | 'create_prorations'>('none');
  const requestKey = useRequestKey();
  const end = formatDay(subscription.current_period_end, subscription.timezone);
  const cancel = useAction(
    () => {
      const content = {
        cancellation_type: when,
        ...(when === 'immediate' ? { proration_behavior: proration } : {}),
      };
      return body(
        client.POST('/v1/subscriptions/{id}/cancel', {
          params: { path: { id: subscription.id }, header: requestKey(content) },
          body: content,
        }),
      );
    },
    ({ message }) => message,
  );
  const consequence =
    when === 'end_of_period'
      ? `The subscription ends on ${end}. Until then it goes on; the usage of this period is invoiced at its end.`
      : proration === 'none'
        ? 'The subscription ends now. The usage so far is invoiced; what was paid in advance stays paid.'
        : 'The subscription ends now. The usage so far is invoiced, and the unused part of what was paid in advance is given back as credit.';
  return (
    <Sheet
      title="Cancel the subscription"
      open={open}
      close={close}
      danger
      button={when === 'immediate' ? 'Cancel now' : 'Cancel at the end of the period'}
      consequence={consequence}
      action={cancel}
      submit={() => {
        cancel.mutate(undefined, { onSuccess: close });
      }}
    >
      <NativeSelect
        label="When"
        data={[
          { value: 'end_of_period', label: `At the end of the period (${end})` },
          { value: 'immediate', label: 'Now' },
        ]}
        value={when}
        onChange={(event) => {
          setWhen(event.currentTarget.value as When);
        }}
      />
      {when === 'immediate' && (
        <NativeSelect
          label="What was paid in advance"
          data={[
            { value: 'none', label: 'Stays paid' },
            { value: 'create_prorations', label: 'The unused part is given back as credit' },
          ]}
          value={proration}
          onChange={(event) => {
            setProration(event.currentTarget.value as 'none' | 'create_prorations');
          }}
        />
      )}
    </Sheet>
  );
}

import { Stack, Switch, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Connection, Integration } from '../../api/types';

const ENTITIES = ['customer', 'plan', 'subscription', 'invoice', 'payment'] as const;
type Entity = (typeof ENTITIES)[number];
type Direction = 'inbound' | 'outbound';
export type Switches = Readonly<Partial<Record<Entity, Readonly<Record<Direction, boolean>>>>>;

/** What each switch does, in words. */
const WORDS: Readonly<Record<Entity, Readonly<Record<Direction, (name: string) => string>>>> = {
  customer: {
    outbound: (name) => `Send customers to ${name}`,
    inbound: (name) => `Take over customers from ${name}`,
  },
  plan: {
    outbound: (name) => `Send plans with their fixed prices to ${name}`,
    inbound: (name) => `Take over plans from ${name}`,
  },
  subscription: {
    outbound: (name) => `Send changes of imported subscriptions to ${name}`,
    inbound: (name) => `Take over subscriptions from ${name}`,
  },
  invoice: {
    outbound: (name) => `Send finalized invoices to ${name}`,
    inbound: (name) => `Follow invoices that are voided or written off at ${name}`,
  },
  payment: {
    outbound: (name) => `Send payments to ${name}`,
    inbound: (name) => `Record payments that are made at ${name}`,
  },
};

interface Known {
  readonly entity: Entity;
  readonly direction: Direction;
  readonly text: string;
}

/** What this provider can keep in step here. */
export function switchesOf(integration: Integration): readonly Known[] {
  return ENTITIES.flatMap((entity) =>
    (['outbound', 'inbound'] as const).flatMap((direction) =>
      integration.base_config[entity]?.[direction] === true
        ? [{ entity, direction, text: WORDS[entity][direction](integration.display_name) }]
        : [],
    ),
  );
}

const NOTHING = { inbound: false, outbound: false };

export const set = (switches: Switches, { entity, direction }: Known, on: boolean): Switches => ({
  ...switches,
  [entity]: { ...(switches[entity] ?? NOTHING), [direction]: on },
});

export const isOn = (switches: Switches, { entity, direction }: Known): boolean =>
  switches[entity]?.[direction] === true;

/** The API describes the switches of a connection as a free object. */
export const switchesIn = (connection: Connection): Switches => connection.sync_config;

export function SwitchList(props: {
  readonly integration: Integration;
  readonly value: Switches;
  readonly change: (next: Switches) => void;
  readonly disabled?: boolean;
}): ReactNode {
  const { integration, value, change, disabled } = props;
  const known = switchesOf(integration);
  if (known.length === 0)
    return (
      <Text size="sm" c="dimmed">
        There is nothing to keep in step with {integration.display_name}.
      </Text>
    );
  return (
    <Stack gap="xs">
      {known.map((one) => (
        <Switch
          key={`${one.entity}.${one.direction}`}
          label={one.text}
          checked={isOn(value, one)}
          disabled={disabled === true}
          onChange={(event) => {
            change(set(value, one, event.currentTarget.checked));
          }}
        />
      ))}
    </Stack>
  );
}

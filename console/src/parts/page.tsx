import { Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router';

/** The head of a page: where one is, its state, and what one can do here. */
export function Page(props: {
  readonly title: string;
  readonly under?: { readonly to: string; readonly label: string };
  readonly status?: ReactNode;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${props.title} · Billing console`;
  }, [props.title]);
  return (
    <Stack gap="lg">
      <div>
        {props.under !== undefined && (
          <Anchor component={Link} to={props.under.to} size="sm">
            ‹ {props.under.label}
          </Anchor>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <div className="page-title">
            <Group gap="sm">
              <Title order={1} size="h2">
                {props.title}
              </Title>
              {props.status}
            </Group>
            {props.subtitle !== undefined && (
              <Text c="dimmed" size="sm" component="div">
                {props.subtitle}
              </Text>
            )}
          </div>
          {props.actions !== undefined && <Group gap="xs">{props.actions}</Group>}
        </Group>
      </div>
      {props.children}
    </Stack>
  );
}

export function Card(props: {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="card">
      {props.title !== undefined && (
        <Group justify="space-between" mb="sm" gap="xs">
          <Title order={2} size="h5">
            {props.title}
          </Title>
          {props.aside}
        </Group>
      )}
      {props.children}
    </section>
  );
}

export type Fact = readonly [label: string, value: ReactNode];

export function Facts({ facts }: { readonly facts: readonly (Fact | undefined)[] }): ReactNode {
  return (
    <dl className="facts">
      {facts
        .filter((fact) => fact !== undefined)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value === null || value === undefined || value === '' ? '–' : value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Facts and what one reads first on the left, what happened on the right; below each other on a phone. */
export function Columns({ main, side }: { readonly main: ReactNode; readonly side: ReactNode }): ReactNode {
  return (
    <div className="columns">
      <Stack gap="lg" miw={0}>
        {main}
      </Stack>
      <Stack gap="lg" miw={0}>
        {side}
      </Stack>
    </div>
  );
}

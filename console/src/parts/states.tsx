import { Alert, Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { CircleAlert, Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { asApiError } from '../api/error';
import { CopyIcon } from './text';

/** What went wrong, in the words of the API, with the id that its log knows. */
export function Problem(props: { readonly error: unknown; readonly retry?: () => void }): ReactNode {
  if (props.error === null || props.error === undefined) return null;
  const error = asApiError(props.error);
  const forbidden = error.status === 403;
  const missing = error.details.missing_permission;
  const details = Object.entries(error.details).filter(
    ([name, text]) => typeof text === 'string' && text !== error.message && name !== 'missing_permission',
  );
  return (
    <Alert
      color={forbidden ? 'gray' : 'red'}
      variant="outline"
      role="alert"
      icon={forbidden ? <Lock size={18} /> : <CircleAlert size={18} />}
      title={forbidden ? 'This key may not do that' : titleOf(error.status)}
      className="problem"
    >
      <Stack gap={6} align="flex-start">
        <Text size="sm">{error.message}</Text>
        {typeof missing === 'string' && (
          <Text size="sm">
            It lacks the permission <Code>{missing}</Code>. Sign in with a key that has it.
          </Text>
        )}
        {details.length > 0 && (
          <ul className="plain-list">
            {details.map(([name, text]) => (
              <li key={name}>
                <Code>{name}</Code> {String(text)}
              </li>
            ))}
          </ul>
        )}
        {(error.code !== '' || error.requestId !== undefined) && (
          <Text size="xs" c="dimmed" component="div">
            {error.code !== '' && <span>{error.code} · </span>}
            {error.requestId !== undefined && (
              <span className="id">
                <span className="figure">request</span> <code>{error.requestId}</code>
                <CopyIcon value={error.requestId} label="Copy the request id" />
              </span>
            )}
          </Text>
        )}
        {props.retry !== undefined && !forbidden && (
          <Button size="xs" variant="default" onClick={props.retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function titleOf(status: number): string {
  if (status === 0) return 'No answer';
  if (status === 404) return 'Not found';
  if (status === 409) return 'Not possible now';
  return status >= 500 ? 'The server has failed' : 'Refused';
}

export interface Teaching {
  readonly title: string;
  readonly text: string;
  readonly action?: ReactNode;
  /** What does the same without the console. `$KEY` stands for the reader's key. */
  readonly curl?: string;
}

export function Empty({ title, text, action, curl }: Teaching): ReactNode {
  return (
    <Stack className="empty" align="center" gap="sm">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text c="dimmed" ta="center" maw={520}>
        {text}
      </Text>
      {action}
      {curl !== undefined && <Curl text={curl} />}
    </Stack>
  );
}

export function Curl({ text }: { readonly text: string }): ReactNode {
  const command = text.replaceAll('$URL', location.origin);
  return (
    <div className="curl">
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          The same from a terminal
        </Text>
        <CopyIcon value={command} label="Copy the command" />
      </Group>
      {/* It scrolls, so the keyboard must be able to reach it. */}
      <pre tabIndex={0} aria-label="Command">
        {command}
      </pre>
    </div>
  );
}

export function Lines({ count = 4 }: { readonly count?: number }): ReactNode {
  return (
    <Stack gap="sm" aria-hidden>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={18} width={`${92 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** Of anything that is asked for: a skeleton, what went wrong, or what was answered. */
export function Answer<T>(props: {
  readonly of: Asked<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  const { data, error, refetch } = props.of;
  if (data !== undefined) return props.children(data);
  if (error !== null && error !== undefined) return <Problem error={error} retry={() => void refetch()} />;
  return <Lines count={props.lines ?? 4} />;
}

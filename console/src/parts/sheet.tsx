import { Alert, Button, Drawer, Group, Stack } from '@mantine/core';
import { useRef, type ReactNode } from 'react';
import { idempotencyKey } from '../api/client';
import { Problem } from './states';

interface Running {
  readonly isPending: boolean;
  readonly error: unknown;
}

/**
 * A form in a drawer. What will happen stands above its button in one sentence. What was typed stays when the server
 * refuses it.
 */
export function Sheet(props: {
  readonly title: string;
  readonly open: boolean;
  readonly close: () => void;
  /** What the button does, in one sentence. */
  readonly consequence?: ReactNode;
  readonly button: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly action: Running;
  readonly submit: () => void;
  readonly wide?: boolean;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <Drawer
      opened={props.open}
      onClose={props.close}
      position="right"
      size={props.wide === true ? 'xl' : 'md'}
      title={props.title}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.submit();
        }}
      >
        <Stack>
          {props.children}
          {props.consequence !== undefined && (
            <Alert variant="outline" color={props.danger === true ? 'red' : 'indigo'} className="consequence">
              {props.consequence}
            </Alert>
          )}
          <Problem error={props.action.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={props.close}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={props.danger === true ? 'red.9' : undefined}
              loading={props.action.isPending}
              disabled={props.disabled}
            >
              {props.button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}

/** The same key for the same content: a second click repeats a request, a corrected form makes a new one. */
export function useRequestKey(): (content: unknown) => { readonly 'Idempotency-Key': string } {
  const last = useRef<{ readonly content: string; readonly key: ReturnType<typeof idempotencyKey> }>(null);
  return (content) => {
    const text = JSON.stringify(content);
    if (last.current?.content !== text) last.current = { content: text, key: idempotencyKey() };
    return last.current.key;
  };
}

import { Button, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { queryClient } from '../api/client';
import { readError } from '../api/error';
import { signIn, useSession } from '../api/session';
import { Problem } from '../parts/states';

export function SignIn(): ReactNode {
  const { refused } = useSession();
  const [key, setKey] = useState('');
  const check = useMutation({
    mutationFn: async (candidate: string) => {
      // Any route tells whether a key is known; one that the key may not use answers 403.
      const answer = await fetch('/v1/environments', { headers: { 'x-api-key': candidate } });
      if (!answer.ok && answer.status !== 403) throw await readError(answer);
      queryClient.clear();
      signIn(candidate);
    },
  });
  return (
    <main className="sign-in">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          check.mutate(key.trim());
        }}
      >
        <Stack>
          <Title order={1} size="h3">
            Billing console
          </Title>
          <Text size="sm" c="dimmed">
            Sign in with an API key. It stays in this tab and is forgotten when the tab is closed. What you
            may do here is what the key may do.
          </Text>
          {refused && !check.isError && (
            <Text size="sm" role="status">
              The server does not accept the key any more. Sign in again.
            </Text>
          )}
          <PasswordInput
            label="API key"
            placeholder="sk_…"
            autoComplete="off"
            autoFocus
            required
            value={key}
            onChange={(event) => {
              setKey(event.currentTarget.value);
            }}
          />
          <Problem error={check.error} />
          <Button type="submit" loading={check.isPending} disabled={key.trim() === ''}>
            Sign in
          </Button>
          <Text size="xs" c="dimmed">
            The first start of a server writes a key to <code>.data/credentials.json</code>; the quickstart
            prints a link that signs in.
          </Text>
        </Stack>
      </form>
    </main>
  );
}

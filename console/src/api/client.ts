import { notifications } from '@mantine/notifications';
import { QueryClient, useMutation, type UseMutationResult } from '@tanstack/react-query';
import createFetchClient from 'openapi-fetch';
import createQueryClient from 'openapi-react-query';
import { ApiError, readError } from './error';
import type { paths } from './schema.gen';
import { currentKey, signOut } from './session';

/** The public API, and nothing besides. */
export const client = createFetchClient<paths>({ baseUrl: location.origin, credentials: 'omit' });

client.use({
  onRequest({ request }) {
    const key = currentKey();
    if (key !== undefined) request.headers.set('x-api-key', key);
    return request;
  },
  async onResponse({ response, request }) {
    if (response.ok) return undefined;
    // An answer to a key that has been replaced meanwhile says nothing about the new one.
    if (response.status === 401 && request.headers.get('x-api-key') === currentKey()) signOut(true);
    throw await readError(response);
  },
  onError() {
    return new ApiError(0, '', 'The server does not answer. Is it running?', {}, undefined);
  },
});

/** `api.useQuery('post', '/v1/customers/search', { body })`: typed by openapi.json. */
export const api = createQueryClient(client);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
  },
});

/** What the client answers is never empty: anything but success was thrown. */
export async function body<T>(answer: Promise<{ readonly data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/**
 * Something that changes data. Everything that is shown is read again afterwards: one change here moves invoices, wallets
 * and payments elsewhere, and the server knows which.
 */
export function useAction<Input, Output>(
  run: (input: Input) => Promise<Output>,
  done?: string | ((output: Output) => string),
): UseMutationResult<Output, Error, Input> {
  return useMutation<Output, Error, Input>({
    mutationFn: run,
    onSuccess: (output) => {
      // Not waited for: what is read again may take away the very form that has to hear of its success.
      void queryClient.invalidateQueries();
      const message = typeof done === 'function' ? done(output) : done;
      if (message !== undefined) notifications.show({ message, color: 'teal', autoClose: 4_000 });
    },
  });
}

/** A key of its own for each thing that is asked for, so that a click whose answer was lost can be repeated safely. */
export function idempotencyKey(): { readonly 'Idempotency-Key': string } {
  // Not randomUUID, which browsers offer only over TLS and on this machine.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return {
    'Idempotency-Key': `console-${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`,
  };
}

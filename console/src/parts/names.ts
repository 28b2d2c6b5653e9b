import { api } from '../api/client';

/** Names of the customers on a page, by one question; lists that know ids only are read by name. */
export function useCustomerNames(ids: readonly string[] | undefined): ReadonlyMap<string, string> {
  const wanted = [...new Set(ids ?? [])].sort();
  const customers = api.useQuery(
    'post',
    '/v1/customers/search',
    { body: { customer_ids: wanted, limit: Math.max(1, wanted.length) } },
    { enabled: wanted.length > 0, staleTime: 60_000 },
  );
  return new Map(
    (customers.data?.items ?? []).map(({ id, name, external_id: external }) => [
      id,
      name === '' ? external : name,
    ]),
  );
}

import { api } from './client';
import type { Environment } from './types';

/** The environment of the key that signed in. Its clock may have been moved: "today" is what it says. */
export function useEnvironment(): Environment | undefined {
  const { data } = api.useQuery('get', '/v1/environments', {}, { staleTime: 30_000 });
  return data?.environments[0];
}

export function useNow(): Date {
  const environment = useEnvironment();
  return environment === undefined ? new Date() : new Date(environment.now);
}

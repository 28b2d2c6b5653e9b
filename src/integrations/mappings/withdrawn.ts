import type { EntityMapping } from './mappings.types.js';

type Metadata = EntityMapping['metadata'];

/** Ids of remote objects that stood for the entity and were withdrawn by us, in the order in which they were withdrawn. */
export const withdrawnIds = ({ withdrawn }: Metadata): readonly string[] => withdrawn?.split(',') ?? [];

/** Nothing when there is none. */
export function withWithdrawn(metadata: Metadata, more: readonly (string | null)[]): Record<string, string> {
  const ids = new Set([...withdrawnIds(metadata), ...more.filter((id) => id !== null)]);
  return ids.size === 0 ? {} : { withdrawn: [...ids].join(',') };
}

import type { Scope } from '../../platform/context.js';
import type { ClickHouseDatabase } from './clickhouse-database.js';

export type ScopedTable = 'usage_events' | 'usage_event_claims' | 'usage_event_conflicts';

/**
 * The rows of a table that one environment may see. There is no row-level security here: whatever is read comes from
 * this, and a query that was never told its environment is refused by the database. Equal rows are read as one.
 */
export const ofScope = (table: ScopedTable, conditions = 'true'): string =>
  `${table} ${table === 'usage_event_claims' ? '' : 'FINAL '}` +
  `WHERE tenant_id = {tenant_id:String} AND environment_id = {environment_id:String} AND (${conditions})`;

/** Equal rows have equal times: they lie in one partition, and need not be looked for in others. */
const SETTINGS = 'SETTINGS do_not_merge_across_partitions_select_final = 1';

export const rowsOfScope = <T>(
  database: ClickHouseDatabase,
  { tenantId, environmentId }: Scope,
  query: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<T[]> =>
  database.rows<T>(`${query} ${SETTINGS}`, {
    ...parameters,
    tenant_id: tenantId,
    environment_id: environmentId,
  });

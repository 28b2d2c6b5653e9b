import { ClickHouseError, ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { BillingError } from '../../domain/errors.js';

const REQUEST_TIMEOUT_MS = 60_000;
/** Also on the server: what a writer has given up must not be stored minutes later (ABANDONED_AFTER_MS). */
const INSERT_TIMEOUT_SECONDS = 60;

/** The server's own refusals that pass: overload, no space, a replica that is read-only or starting. */
const PASSING = new Set([
  'TIMEOUT_EXCEEDED',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'SOCKET_TIMEOUT',
  'NETWORK_ERROR',
  'MEMORY_LIMIT_EXCEEDED',
  'TABLE_IS_READ_ONLY',
  'NOT_ENOUGH_SPACE',
  'TOO_MANY_PARTS',
  'ALL_CONNECTION_TRIES_FAILED',
  'UNKNOWN_STATUS_OF_INSERT',
  'KEEPER_EXCEPTION',
  'QUERY_WAS_CANCELLED',
  'ABORTED',
  'AUTHENTICATION_FAILED',
]);

/** Statements over the official client, with failures as the rest of the server knows them. */
export class ClickHouseDatabase {
  constructor(private readonly client: ClickHouseClient) {}

  /** `clickhouse://user:password@host:8123/database`, or the same with http or https. Settings may follow as a query. */
  static at(url: string): ClickHouseDatabase {
    return new ClickHouseDatabase(
      createClient({
        url: url.replace(/^clickhouse:/, 'http:'),
        application: 'flexprice-nest',
        request_timeout: REQUEST_TIMEOUT_MS,
        // Lists of queries and ids are longer than a proxy lets an address be.
        use_multipart_params_auto: true,
        // What fails is thrown, and logged where it is answered.
        log: { level: ClickHouseLogLevel.OFF },
      }),
    );
  }

  async rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
    return this.twice(async () => {
      const result = await this.client.query({
        query,
        query_params: parameters,
        format: 'JSONEachRow',
      });
      return result.json<T>();
    });
  }

  /** Durable when it answers. Every row that we write may be written twice: so a lost answer is simply asked for again. */
  async insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
    if (rows.length === 0) return;
    await this.twice(() =>
      this.client.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        // Events of a hundred months may come at once when old ones are imported.
        clickhouse_settings: {
          max_partitions_per_insert_block: '1000',
          max_execution_time: INSERT_TIMEOUT_SECONDS,
        },
      }),
    );
  }

  async command(query: string): Promise<void> {
    await this.twice(() => this.client.command({ query }));
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Once more when the connection failed: the server may have closed an idle one at the moment it was used. */
  private async twice<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work().catch((error: unknown) => {
        if (error instanceof ClickHouseError) throw error;
        return work();
      });
    } catch (error) {
      throw toBillingError(error);
    }
  }
}

function toBillingError(error: unknown): BillingError {
  if (error instanceof ClickHouseError && !PASSING.has(error.type ?? ''))
    return new BillingError('database_error', 'the usage store refused the operation', { cause: error });
  return new BillingError('service_unavailable', 'the usage store is not available: try again', {
    code: 'usage_store_unavailable',
    cause: error,
  });
}

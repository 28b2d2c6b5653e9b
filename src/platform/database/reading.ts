import type { PoolClient, QueryResult, Submittable } from 'pg';
import { queryTogether, type Askable, type PreparedStatement, type Preface } from './batch.js';

/**
 * A connection that is only read from. What is asked of it at once is a transaction by itself, with the scope set first and
 * without BEGIN and COMMIT: they cost a small question a tenth of its time, and one of the database's wake-ups.
 */
export class ReadingClient implements Askable {
  constructor(
    private readonly client: PoolClient,
    readonly preface: Preface,
  ) {}

  /** As the driver's own, for TypeORM's queries; batches bring their preface along. */
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>;
  query(batch: Submittable): unknown;
  query(asked: string | Submittable, values: readonly unknown[] = []): unknown {
    if (typeof asked !== 'string') return this.client.query(asked);
    // Without a name the connection forgets it again.
    const statement: PreparedStatement = { name: '', text: asked, values: [...values] };
    return queryTogether(this.client, [this.preface(false), statement]).then(([, result]) => result);
  }
}

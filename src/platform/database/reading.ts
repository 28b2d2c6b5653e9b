import type { PoolClient, QueryResult, Submittable } from 'pg';
import { Batch, queryTogether, type Askable, type Preface } from './batch.js';

/**
 * A connection that is only read from. What is asked of it at once is a transaction by itself, with the scope set first and
 * without BEGIN and COMMIT: they cost a small question a tenth of its time, and one of the database's wake-ups.
 */
export class ReadingClient implements Askable {
  /**
   * Set before the connection is given back. A question that came later would set its scope in the transaction of whoever has
   * the connection then, and show them this one's rows.
   */
  isOver = false;

  constructor(
    private readonly client: PoolClient,
    readonly preface: Preface,
  ) {}

  /** As the driver's own, for TypeORM's queries; batches bring their preface along. */
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>;
  query(batch: Submittable): unknown;
  query(asked: string | Submittable, values: readonly unknown[] = []): unknown {
    if (asked instanceof Batch) return this.client.query(asked);
    if (typeof asked !== 'string') throw new Error('a reading asks by statements alone');
    // Without a name the connection forgets it again.
    return queryTogether(this, [{ name: '', text: asked, values: [...values] }]).then(([result]) => result);
  }

  /** When all that it was asked for is answered. */
  async settled(): Promise<void> {
    await this.client.query('SELECT 1').catch(() => undefined);
  }
}

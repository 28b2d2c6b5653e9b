import { matchesPath } from './paths.js';

/** One API call as it was received and answered. */
export interface RequestRecord {
  readonly id: string;
  /** Real time. */
  readonly at: string;
  readonly sandboxTime: string;
  readonly method: string;
  readonly path: string;
  /** `/v1/invoices/{id}/finalize`; undefined for a path that no route serves. */
  readonly template: string | undefined;
  readonly account: string | undefined;
  readonly key: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly params: unknown;
  /** Null when the connection was cut instead of answered. */
  status: number | null;
  replayed: boolean;
  fault: string | undefined;
  durationMs: number;
}

export interface RequestFilter {
  readonly method?: string;
  /** A path, a template (`/v1/invoices/{id}/pay`), or either with a `*` at the end. */
  readonly path?: string;
  readonly account?: string;
  readonly idempotencyKey?: string;
  readonly status?: number | null;
}

const KEPT = 20_000;

export class RequestLog {
  #records: RequestRecord[] = [];

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > KEPT) this.#records.shift();
  }

  find(filter: RequestFilter = {}): RequestRecord[] {
    return this.#records.filter(
      (record) =>
        (filter.method === undefined || record.method === filter.method.toUpperCase()) &&
        (filter.path === undefined || matchesPath(filter.path, record.path, record.template)) &&
        (filter.account === undefined || record.account === filter.account) &&
        (filter.idempotencyKey === undefined || record.idempotencyKey === filter.idempotencyKey) &&
        (filter.status === undefined || record.status === filter.status),
    );
  }

  /** `{'POST /v1/invoices': 2}` */
  counts(filter: RequestFilter = {}): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const record of this.find(filter)) {
      const name = `${record.method} ${record.template ?? record.path}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  clear(): void {
    this.#records = [];
  }
}

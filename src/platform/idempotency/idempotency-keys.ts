import { randomUUID } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { KnownKey } from '../../domain/repeated-requests.js';
import { WallClock } from '../time/clock.js';
import type { Ctx } from '../context.js';
import { namedStatement, type PreparedStatement } from '../database/prepared.js';
import { queryPrepared } from '../database/prepared.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { PeriodicTasks } from '../jobs/periodic-tasks.js';
import { SECRET_BOX, type SecretBox } from '../secrets/secret-box.js';
import type { KeyedRequest } from './keyed-request.js';

/** What a request was answered: the status, and whatever the handler has returned. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is known of the keys of a request. */
export interface Found {
  readonly known: readonly KnownKey[];
  readonly answer: Answer | undefined;
}

export interface Claim extends Found {
  /** The name of this try, where all keys are its own now. */
  readonly holder: string | undefined;
  readonly steps: Readonly<Record<string, string>>;
}

interface Row {
  readonly fingerprint: string;
  readonly http_status: number | null;
  readonly answer: string | null;
  readonly lease_until: Date | null;
}

type ClaimedRow = Row & { readonly mine: boolean; readonly steps: Record<string, string> };

/** A try that is cut off is taken over after that; one that lives extends it. */
const LEASE_MS = 15_000;
export const EXTEND_EVERY_MS = LEASE_MS / 3;
/** Clients may send a request again for a day; one that began just before the end has not heard its answer yet. */
const KEEP_MS = 25 * 60 * 60 * 1000;
/** Longer rows are cut into pieces, each with a place in another table and its index. */
const LONGEST_IN_ROW = 1_024;
/** No JSON begins with it. */
const PACKED = Buffer.from([0]);
/** For texts of some kilobytes: a larger window would take longer to be made ready than to be used. */
const PACKING = { level: 1, windowBits: 13, memLevel: 6 } as const;
const PURGE_EVERY_MS = 10 * 60 * 1000;
const PURGED_AT_ONCE = 5_000;

/** One statement a key: planned once for lists of any length, it would read the whole table, which was empty at that time. */
const LOOK = /* sql */ `
  SELECT fingerprint, http_status, answer, lease_until FROM idempotency_keys WHERE id = $1`;

const STORE = /* sql */ `
  INSERT INTO idempotency_keys (id, key, tenant_id, environment_id, route, fingerprint, http_status, answer, created_at,
                                updated_at)
  SELECT asked.id, asked.key, $3, $4, $5, $6, $7, $8, $9, $9 FROM unnest($1::text[], $2::text[]) AS asked(id, key)`;

const CLAIM = /* sql */ `
  WITH claimed AS (
    INSERT INTO idempotency_keys AS k (id, key, tenant_id, environment_id, route, fingerprint, holder, lease_until,
                                       created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::timestamptz, $9)
    ON CONFLICT (id) DO UPDATE SET holder = $7, lease_until = $8, updated_at = $9
     WHERE k.http_status IS NULL AND k.fingerprint = $6 AND (k.lease_until IS NULL OR k.lease_until <= $9)
    RETURNING k.id, k.fingerprint, k.http_status, k.answer, k.lease_until, k.steps
  )
  SELECT true AS mine, c.fingerprint, c.http_status, c.answer, c.lease_until, c.steps FROM claimed c
  UNION ALL
  SELECT false, k.fingerprint, k.http_status, k.answer, k.lease_until, k.steps
    FROM idempotency_keys k WHERE k.id = $1 AND NOT EXISTS (SELECT FROM claimed)`;

/** The keys of requests as the database has them. */
@Injectable()
export class IdempotencyKeys implements OnModuleInit {
  private readonly logger = new Logger(IdempotencyKeys.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly periodic: PeriodicTasks,
    @Inject(SECRET_BOX) private readonly box: SecretBox,
  ) {}

  onModuleInit(): void {
    this.periodic.register({ name: 'idempotency-keys', everyMs: PURGE_EVERY_MS, run: () => this.purge() });
  }

  async look(ctx: Ctx, request: KeyedRequest): Promise<Found> {
    return this.foundIn(request, await each(request, ({ id }) => queryPrepared<Row>(ctx.em, LOOK, [id])));
  }

  /** The statement that stores the answer under all keys of the request. It fails where one of them is there. */
  storing(request: KeyedRequest, answer: Answer): PreparedStatement {
    const { tenantId, environmentId } = request.caller.scope;
    return namedStatement(STORE, [
      request.keys.map(({ id }) => id),
      request.keys.map(({ key }) => key),
      tenantId,
      environmentId,
      request.route,
      request.fingerprint,
      answer.status,
      this.seal(request, answer.body),
      this.clock.now(),
    ]);
  }

  /** Takes all keys of the request for a new try, or none of them. */
  async claim(ctx: Ctx, request: KeyedRequest): Promise<Claim> {
    const now = this.clock.now();
    const holder = randomUUID();
    const { tenantId, environmentId } = request.caller.scope;
    const { route, fingerprint } = request;
    const rows = await each(request, ({ id, key }) =>
      queryPrepared<ClaimedRow>(ctx.em, CLAIM, [
        id,
        key,
        tenantId,
        environmentId,
        route,
        fingerprint,
        holder,
        this.leaseEnd(now),
        now,
      ]),
    );
    const isMine = rows.length === request.keys.length && rows.every(({ mine }) => mine);
    const others = rows.filter(({ mine }) => !mine);
    return {
      ...this.foundIn(request, others),
      holder: isMine ? holder : undefined,
      steps: Object.assign({}, ...rows.map(({ steps }) => steps)) as Record<string, string>,
    };
  }

  async extend(ctx: Ctx, request: KeyedRequest, holder: string): Promise<boolean> {
    const until = this.leaseEnd(this.clock.now());
    return this.change(ctx, request, holder, 'lease_until = $3', [until]);
  }

  note(
    ctx: Ctx,
    request: KeyedRequest,
    holder: string,
    steps: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const changes = [JSON.stringify(steps), this.clock.now()];
    return this.change(ctx, request, holder, 'steps = steps || $3::jsonb, updated_at = $4', changes);
  }

  answered(ctx: Ctx, request: KeyedRequest, holder: string, answer: Answer): Promise<boolean> {
    const change = 'http_status = $3, answer = $4, updated_at = $5, holder = NULL, lease_until = NULL';
    const values = [answer.status, this.seal(request, answer.body), this.clock.now()];
    return this.change(ctx, request, holder, change, values);
  }

  /** Lets go of keys whose request has failed: another try may begin at once, and finds what was done. */
  letGo(ctx: Ctx, request: KeyedRequest, holder: string): Promise<boolean> {
    return this.change(ctx, request, holder, 'holder = NULL, lease_until = NULL', []);
  }

  /** Of a request that has done nothing: its keys are as good as new. */
  async forget(ctx: Ctx, request: KeyedRequest): Promise<void> {
    await each(request, ({ id }) =>
      queryPrepared(ctx.em, 'DELETE FROM idempotency_keys WHERE id = $1 AND http_status IS NULL', [id]),
    );
  }

  /** How many answers are sealed with each key, and until when the last of them is kept. */
  async sealedWith(): Promise<Map<string, { readonly count: number; readonly keptUntil: Date }>> {
    const rows = await this.uow.runSystem((em) =>
      em.query<{ key: string; count: number; newest: Date }[]>(
        `SELECT split_part(answer, '.', 2) AS key, count(*)::int AS count, max(updated_at) AS newest
           FROM idempotency_keys WHERE answer IS NOT NULL GROUP BY 1`,
      ),
    );
    return new Map(
      rows.map(({ key, count, newest }) => [
        key,
        { count, keptUntil: new Date(newest.getTime() + KEEP_MS + PURGE_EVERY_MS) },
      ]),
    );
  }

  /** False when another try holds the keys by now. */
  private async change(
    ctx: Ctx,
    request: KeyedRequest,
    holder: string,
    change: string,
    values: readonly unknown[],
  ): Promise<boolean> {
    const sql = `UPDATE idempotency_keys SET ${change} WHERE id = $1 AND holder = $2 AND http_status IS NULL RETURNING id`;
    const changed = await each(request, ({ id }) => queryPrepared(ctx.em, sql, [id, holder, ...values]));
    return changed.length === request.keys.length;
  }

  private foundIn(request: KeyedRequest, rows: readonly Row[]): Found {
    const known = rows.map(({ fingerprint, http_status: status, lease_until: leaseUntil }) => ({
      fingerprint,
      isAnswered: status !== null,
      leaseUntil,
    }));
    // An answer to another request opens with that request's fingerprint only, and nobody asks for it.
    const row = rows.find((one) => one.http_status !== null && one.fingerprint === request.fingerprint);
    const answer =
      row === undefined
        ? undefined
        : { status: row.http_status as number, body: this.unseal(request, row.answer as string) };
    return { known, answer };
  }

  private leaseEnd(now: Date): Date {
    return new Date(now.getTime() + LEASE_MS);
  }

  private seal(request: KeyedRequest, body: unknown): string {
    const text = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    // What would not fit into its row is a fraction of that when it is packed.
    const isShort = text.length <= LONGEST_IN_ROW;
    const bytes = isShort ? text : Buffer.concat([PACKED, deflateRawSync(text, PACKING)]);
    return this.box.sealBytes(bytes, contextOf(request));
  }

  private unseal(request: KeyedRequest, sealed: string): unknown {
    const bytes = this.box.openBytes(sealed, contextOf(request));
    const isPacked = bytes.subarray(0, PACKED.length).equals(PACKED);
    const text = (isPacked ? inflateRawSync(bytes.subarray(PACKED.length)) : bytes).toString();
    return text === '' ? undefined : JSON.parse(text);
  }

  private async purge(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEEP_MS);
    let all = 0;
    let count: number;
    do {
      [, count] = await this.uow.runSystem((em) =>
        em.query<[unknown[], number]>(
          `DELETE FROM idempotency_keys WHERE id IN (
             SELECT id FROM idempotency_keys WHERE updated_at < $1 ORDER BY updated_at LIMIT ${PURGED_AT_ONCE})`,
          [before],
        ),
      );
      all += count;
    } while (count === PURGED_AT_ONCE);
    if (all > 0) this.logger.log({ event: 'idempotency_keys.purged', count: all });
  }
}

/** One statement for each key, together. */
const each = async <R>(
  { keys }: KeyedRequest,
  ask: (key: KeyedRequest['keys'][number]) => Promise<readonly R[]>,
): Promise<R[]> => (await Promise.all(keys.map(ask))).flat();

/** The route and the body are in the fingerprint: an answer that is copied to another row does not open there. */
const contextOf = ({ caller, fingerprint }: KeyedRequest): string[] => [
  'idempotency',
  caller.scope.tenantId,
  caller.scope.environmentId,
  fingerprint,
];

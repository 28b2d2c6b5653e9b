import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { SYSTEM_ACTOR, type Caller, type Ctx, type Scope } from '../platform/context.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { PeriodicTasks } from '../platform/jobs/periodic-tasks.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

export type AuditEntry = AuditEntryEntity;

export interface AuditFilter {
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
  /** The number of the last entry that was read: what is older follows. */
  readonly before?: string | undefined;
}

export interface AuditedEnvironment extends Scope {
  readonly entries: number;
  /** Of the last entry. Whoever keeps it elsewhere can tell later whether anything before it was changed. */
  readonly head: string;
  /** The position of the first entry that was changed, or behind which one is missing. */
  readonly brokenAt: number | null;
}

const CHAIN_EVERY_MS = 10_000;
const CHUNK = 5_000;

/**
 * Who changed what. Triggers of the database write the entries, so that no path through the code can forget one; this reads
 * them, and chains them by hashes.
 */
@Injectable()
export class AuditTrail implements OnModuleInit {
  private readonly logger = new Logger(AuditTrail.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly periodic: PeriodicTasks,
  ) {}

  onModuleInit(): void {
    this.periodic.register({
      name: 'audit-chain',
      everyMs: CHAIN_EVERY_MS,
      run: async () => {
        const entries = await this.chain();
        if (entries > 0) this.logger.debug({ event: 'audit.chained', entries });
      },
    });
  }

  /** Chains all entries that are committed. Answers how many. */
  async chain(): Promise<number> {
    const scopes = await this.uow.runSystem((em) =>
      em.query<Scope[]>(
        `SELECT DISTINCT tenant_id AS "tenantId", environment_id AS "environmentId" FROM audit_entries WHERE hash IS NULL`,
      ),
    );
    let entries = 0;
    for (const scope of scopes) {
      let done: number;
      do {
        done = await this.uow.run(callerOf(scope), async ({ em }) => {
          const [row] = await queryPrepared<{ done: number }>(em, CHAIN, [CHUNK]);
          return row?.done ?? 0;
        });
        entries += done;
      } while (done === CHUNK);
    }
    return entries;
  }

  /** The newest first. */
  async search(
    ctx: Ctx,
    filter: AuditFilter,
  ): Promise<{ readonly items: readonly AuditEntry[]; readonly nextCursor: string | null }> {
    const query = ctx.em.createQueryBuilder(AuditEntryEntity, 'row').orderBy('row.number', 'DESC');
    const equal = {
      entityType: filter.entityType,
      entityId: filter.entityId,
      actor: filter.actor,
      action: filter.action,
    };
    for (const [name, value] of Object.entries(equal))
      if (value !== undefined) query.andWhere(`row.${name} = :${name}`, { [name]: value });
    if (filter.from !== undefined) query.andWhere('row.createdAt >= :from', { from: filter.from });
    if (filter.until !== undefined) query.andWhere('row.createdAt < :until', { until: filter.until });
    if (filter.before !== undefined) query.andWhere('row.number < :before', { before: filter.before });
    const found = await query.limit(filter.limit + 1).getMany();
    const items = found.slice(0, filter.limit);
    return { items, nextCursor: found.length > items.length ? (items.at(-1)?.number ?? null) : null };
  }

  /** Computes every hash anew. Reads all entries. */
  async verify(): Promise<AuditedEnvironment[]> {
    await this.chain();
    const scopes = await this.uow.runSystem((em) =>
      em.query<Scope[]>(
        `SELECT DISTINCT tenant_id AS "tenantId", environment_id AS "environmentId" FROM audit_entries ORDER BY 1, 2`,
      ),
    );
    const verified: AuditedEnvironment[] = [];
    for (const scope of scopes) {
      const [row] = await this.uow.read(callerOf(scope), async ({ em }) => {
        // A long trail takes its time.
        await em.query('SET LOCAL statement_timeout = 0');
        return queryPrepared<Omit<AuditedEnvironment, keyof Scope>>(em, VERIFY, []);
      });
      if (row !== undefined && row.entries > 0) verified.push({ ...scope, ...row });
    }
    return verified;
  }
}

const CHAIN = 'SELECT billing.chain_audit_entries($1) AS done';
const VERIFY = `
  SELECT count(*)::int AS entries, (array_agg(hash ORDER BY position DESC))[1] AS head,
         min(position) FILTER (WHERE NOT is_sound)::int AS "brokenAt"
    FROM (SELECT e.position, e.hash,
                 e.hash = billing.audit_hash(coalesce(lag(e.hash) OVER chain, ''), e)
                   AND e.position = row_number() OVER chain AS is_sound
            FROM audit_entries e
           WHERE e.hash IS NOT NULL
          WINDOW chain AS (ORDER BY e.position)) walked`;

const callerOf = (scope: Scope): Caller => ({ scope, actor: SYSTEM_ACTOR, requestId: 'audit' });

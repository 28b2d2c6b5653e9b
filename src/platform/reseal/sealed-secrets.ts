import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import { SYSTEM_ACTOR, type Ctx } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { IdempotencyKeys } from '../idempotency/idempotency-keys.js';
import { SECRET_BOX, type SealedSecret, type SecretBox } from '../secrets/secret-box.js';

/** Seals a secret with the newest key. An envelope that does not open comes back as it is. */
export type Reseal = (envelope: SealedSecret, context: readonly string[]) => SealedSecret;

/** A kind of rows that hold sealed secrets, as the module that owns them says. */
export interface SealedRows {
  /** As reports name it. */
  readonly kind: string;
  /** A query for `id, tenant_id, environment_id, sealed`: a row for each envelope that may be opened at `$1` or later. */
  readonly envelopes: string;
  /** Seals what a row holds anew. The row is locked, so that nobody writes back what was before. */
  reseal(ctx: Ctx, id: string, reseal: Reseal): Promise<void>;
}

export interface KeyUse {
  readonly id: string;
  readonly inSettings: boolean;
  /** Envelopes by kind. */
  readonly usedBy: Readonly<Record<string, number>>;
  /** Null: credentials or endpoint secrets need it, or it is the newest. */
  readonly removableFrom: Date | null;
}

export interface ResealReport {
  readonly newestKey: string;
  /** False: it was stopped before its end. */
  readonly isComplete: boolean;
  /** Envelopes by kind. */
  readonly moved: Readonly<Record<string, number>>;
  /** Envelopes that no key of the settings opens, and rows that were refused; the first of them. */
  readonly notOpened: readonly { readonly kind: string; readonly id: string }[];
  readonly keys: readonly KeyUse[];
}

/** Whether a process starts without a key that credentials or endpoint secrets are sealed with. */
export const ALLOW_MISSING_KEYS = Symbol('AllowMissingKeys');

const PAGE = 500;
const MOST_NOT_OPENED = 100;
const ANSWERS = 'idempotency_answers';

interface SealedRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly environment_id: string;
}

/** Which keys the secrets of the database are sealed with, and how they come to the newest one. */
@Injectable()
export class SealedSecrets implements OnModuleInit {
  private readonly logger = new Logger(SealedSecrets.name);
  private readonly kinds: SealedRows[] = [];

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly answers: IdempotencyKeys,
    @Inject(SECRET_BOX) private readonly box: SecretBox,
    @Inject(ALLOW_MISSING_KEYS) private readonly allowMissing: boolean,
  ) {}

  /** To be called in a constructor: the first hooks look at what is registered. */
  register(rows: SealedRows): void {
    this.kinds.push(rows);
  }

  /** Nobody could open these secrets, and each would fail on its own, later: whoever starts the process is told now. */
  async onModuleInit(): Promise<void> {
    const missing = [...(await this.inUse())].filter(([id]) => !this.box.hasKey(id));
    if (missing.length === 0) return;
    const named = missing.map(([id, usedBy]) => `${id} (${inWords(usedBy)})`).join(', ');
    if (!this.allowMissing)
      throw new Error(
        `SECRET_KEYS lacks keys that secrets in the database are sealed with: ${named}. Put them back, behind the ` +
          'newest. ALLOW_MISSING_SECRET_KEYS=true (embedded: allowMissingSecretKeys) starts without these secrets',
      );
    this.logger.warn({ event: 'secrets.keys_missing', keys: Object.fromEntries(missing) });
  }

  /** Row by row, each in a transaction of its own: stopped and begun again, it goes on with what is left. */
  async reseal(isStopped: () => boolean = () => false): Promise<ResealReport> {
    const moved: Record<string, number> = {};
    const notOpened: { kind: string; id: string }[] = [];
    for (const rows of this.kinds) {
      moved[rows.kind] = 0;
      for (let after = ''; !isStopped();) {
        const page = await this.page(rows, after);
        for (const row of page) {
          if (isStopped()) break;
          const result = await this.resealRow(rows, row);
          moved[rows.kind] = (moved[rows.kind] ?? 0) + result.moved;
          if (result.failed > 0 && notOpened.length < MOST_NOT_OPENED)
            notOpened.push({ kind: rows.kind, id: row.id });
        }
        if (page.length < PAGE) break;
        after = page.at(-1)?.id ?? '';
      }
    }
    const isComplete = !isStopped();
    return { newestKey: this.box.newestKey, isComplete, moved, notOpened, keys: await this.keys() };
  }

  private async resealRow(
    rows: SealedRows,
    row: SealedRow,
  ): Promise<{ readonly moved: number; readonly failed: number }> {
    const scope = { tenantId: row.tenant_id, environmentId: row.environment_id };
    return this.uow.run({ scope, actor: SYSTEM_ACTOR, requestId: 'reseal' }, async (ctx) => {
      let moved = 0;
      let failed = 0;
      await rows.reseal(ctx, row.id, (envelope, context) => {
        try {
          const sealed = this.box.reseal(envelope, context);
          if (sealed !== envelope) moved += 1;
          return sealed;
        } catch (error) {
          this.logger.error({ event: 'secrets.not_opened', kind: rows.kind, id: row.id, err: error });
          failed += 1;
          return envelope;
        }
      });
      return { moved, failed };
    });
  }

  private page({ envelopes }: SealedRows, after: string): Promise<SealedRow[]> {
    return this.uow.runSystem((em) =>
      em.query<SealedRow[]>(
        `SELECT DISTINCT id, tenant_id, environment_id FROM (${envelopes}) AS e
          WHERE split_part(sealed, '.', 2) <> $2 AND id > $3 ORDER BY id LIMIT ${PAGE}`,
        [this.clock.now(), this.box.newestKey, after],
      ),
    );
  }

  /** Envelopes by key and kind. One row an answer, however many there are. */
  private async inUse(): Promise<Map<string, Record<string, number>>> {
    const byKey = new Map<string, Record<string, number>>();
    if (this.kinds.length === 0) return byKey;
    const all = this.kinds.map(
      ({ kind, envelopes }) => `SELECT '${kind}' AS kind, sealed FROM (${envelopes}) AS e`,
    );
    const rows = await this.uow.runSystem((em) =>
      em.query<{ kind: string; key: string; envelopes: number }[]>(
        `SELECT kind, split_part(sealed, '.', 2) AS key, count(*)::int AS envelopes
           FROM (${all.join(' UNION ALL ')}) AS e GROUP BY 1, 2 ORDER BY 2, 1`,
        [this.clock.now()],
      ),
    );
    for (const { kind, key, envelopes } of rows) byKey.set(key, { ...byKey.get(key), [kind]: envelopes });
    return byKey;
  }

  private async keys(): Promise<KeyUse[]> {
    const bySecrets = await this.inUse();
    const byAnswers = await this.answers.sealedWith();
    const ids = new Set([this.box.newestKey, ...this.box.keyIds, ...bySecrets.keys(), ...byAnswers.keys()]);
    return [...ids].map((id): KeyUse => {
      const answers = byAnswers.get(id);
      const isNeeded = bySecrets.has(id) || id === this.box.newestKey;
      return {
        id,
        inSettings: this.box.hasKey(id),
        usedBy: { ...bySecrets.get(id), ...(answers === undefined ? {} : { [ANSWERS]: answers.count }) },
        removableFrom: isNeeded ? null : (answers?.keptUntil ?? this.clock.now()),
      };
    });
  }
}

const inWords = (usedBy: Readonly<Record<string, number>>): string =>
  Object.entries(usedBy)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

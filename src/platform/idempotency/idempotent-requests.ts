import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { keyReused } from '../../domain/errors.js';
import { isLastWord, verdictOn } from '../../domain/repeated-requests.js';
import { WallClock } from '../clock/clock.js';
import type { Caller } from '../context.js';
import type { PreparedStatement } from '../database/batch.js';
import { isUniqueViolation } from '../database/errors.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { toBillingError, toEnvelope } from '../http/error-envelope.js';
import { IdempotencyKeys, EXTEND_EVERY_MS, type Answer, type Claim, type Found } from './idempotency-keys.js';
import type { KeyedRequest } from './keyed-request.js';
import { inProgress } from './refusals.js';
import { RequestProgress } from './request-progress.js';

/** How long a request waits for another one with its key. */
const PATIENCE_MS = 10_000;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

/** Does a request with the caller that it is given, and says what it was answered. */
type Work = (caller: Caller) => Promise<Answer>;

/** Undefined while another request with the key is under way. */
type Outcome = { readonly answer: Answer; readonly isRepeated: boolean } | undefined;

/**
 * Makes one effect and one answer of all requests with one key. Decision 27 says how each kind of route is safe.
 */
@Injectable()
export class IdempotentRequests {
  private readonly logger = new Logger(IdempotentRequests.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly keys: IdempotencyKeys,
  ) {}

  /** A request that is one transaction: its effect, its key and its answer are stored together, or nothing is. */
  asWhole(request: KeyedRequest, work: Work): Promise<NonNullable<Outcome>> {
    return this.inTurn(() => this.tryWhole(request, work));
  }

  /**
   * A request that is several transactions, because it calls a provider or takes long. Its key is taken first, under a lease,
   * and answered at the end; in between, what must not be done twice is noted (`caller.progress`).
   */
  inSteps(request: KeyedRequest, work: Work): Promise<NonNullable<Outcome>> {
    return this.inTurn(() => this.tryInSteps(request, work));
  }

  private async inTurn(attempt: () => Promise<Outcome>): Promise<NonNullable<Outcome>> {
    const deadline = this.clock.now().getTime() + PATIENCE_MS;
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outcome = await attempt();
      if (outcome !== undefined) return outcome;
      // No connection is held meanwhile: a hundred copies of one request must not keep out all others.
      if (this.clock.now().getTime() >= deadline) throw inProgress();
      await delay(pause);
    }
  }

  private async tryWhole(request: KeyedRequest, work: Work): Promise<Outcome> {
    try {
      return await this.uow.whole(
        request.caller,
        async (ctx, caller): Promise<{ value: Outcome; last?: PreparedStatement }> => {
          const found = await this.keys.look(ctx, request);
          const earlier = this.earlier(request, found);
          if (earlier !== 'begin') return { value: earlier };
          if (!found.isFree) return { value: undefined };
          // Left by a release in which the route had steps.
          if (found.known.length > 0) await this.keys.forget(ctx, request);
          const answer = await work(caller);
          return { value: { answer, isRepeated: false }, last: this.keys.storing(request, answer) };
        },
      );
    } catch (error) {
      // Another request with the key was done while this one looked, and nothing has come of this one.
      if (isUniqueViolation(error, 'idempotency_keys_pkey')) return undefined;
      throw error;
    }
  }

  private async tryInSteps(request: KeyedRequest, work: Work): Promise<Outcome> {
    const claim = await this.claim(request);
    const earlier = this.earlier(request, claim);
    if (earlier !== 'begin') return earlier;
    const { holder } = claim;
    if (holder === undefined) return undefined;
    const progress = new RequestProgress(this.keys, request, holder, claim.steps);
    const extending = setInterval(() => void this.extend(request, holder), EXTEND_EVERY_MS);
    try {
      const answer = await work({ ...request.caller, progress });
      await this.answered(request, holder, answer);
      return { answer, isRepeated: false };
    } catch (error) {
      await this.failed(request, progress, error);
      throw error;
    } finally {
      clearInterval(extending);
    }
  }

  /** What an earlier request with the key says about this one. */
  private earlier(request: KeyedRequest, { known, answer }: Found): Outcome | 'begin' {
    switch (verdictOn(known, request.fingerprint, this.clock.now())) {
      case 'refuse':
        throw keyReused();
      case 'repeat':
        return answer && { answer, isRepeated: true };
      case 'wait':
        return undefined;
      case 'begin':
        return 'begin';
    }
  }

  /** Does not wait for the disk: whatever the request does is written after it, and takes it there. */
  private async claim(request: KeyedRequest): Promise<Claim> {
    let claim: Claim | undefined;
    try {
      return await this.uow.run(
        request.caller,
        async (ctx) => {
          claim = await this.keys.claim(ctx, request);
          // Of two keys, one alone is not taken.
          if (claim.holder === undefined) throw new NotClaimed();
          return claim;
        },
        { isBookkeeping: true },
      );
    } catch (error) {
      if (error instanceof NotClaimed && claim !== undefined) return claim;
      throw error;
    }
  }

  private async answered(request: KeyedRequest, holder: string, answer: Answer): Promise<void> {
    await this.note(request, 'idempotency_key.not_answered', () =>
      this.uow.run(request.caller, (ctx) => this.keys.answered(ctx, request, holder, answer), {
        isBookkeeping: true,
      }),
    );
  }

  private async failed(request: KeyedRequest, progress: RequestProgress, error: unknown): Promise<void> {
    const refused = toBillingError(error);
    const { holder, hasBegun } = progress;
    if (isLastWord(refused.httpStatus, hasBegun)) {
      await this.answered(request, holder, { status: refused.httpStatus, body: toEnvelope(refused) });
      return;
    }
    await this.note(request, 'idempotency_key.not_let_go', () =>
      this.uow.run(request.caller, async (ctx) => {
        const isHeld = await this.keys.letGo(ctx, request, holder);
        if (isHeld && !hasBegun) await this.keys.forget(ctx, request);
      }),
    );
  }

  private async extend(request: KeyedRequest, holder: string): Promise<void> {
    await this.note(request, 'idempotency_key.not_extended', () =>
      this.uow.run(request.caller, (ctx) => this.keys.extend(ctx, request, holder), { isBookkeeping: true }),
    );
  }

  /** What is lost of it is made up for when the request comes again: its lease ends, and its steps are there. */
  private async note(request: KeyedRequest, event: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ event, request_id: request.caller.requestId, route: request.route, err: error });
    }
  }
}

class NotClaimed extends Error {}

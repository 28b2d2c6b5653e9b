import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { keyReused } from '../../domain/errors.js';
import { isLastWord, verdictOn } from '../../domain/repeated-requests.js';
import { WallClock } from '../time/clock.js';
import type { Caller } from '../context.js';
import { isUniqueViolation } from '../database/errors.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { BoundedSet } from '../bounded-set.js';
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
  /** By the id of a key: what this process is at. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** Keys whose requests this process has answered. */
  private readonly answeredHere = new BoundedSet();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly keys: IdempotencyKeys,
  ) {}

  /** A request that is one transaction: its effect, its key and its answer are stored together, or nothing is. */
  asWhole(request: KeyedRequest, work: Work): Promise<NonNullable<Outcome>> {
    return this.inTurn(request, () => this.tryWhole(request, work));
  }

  /**
   * A request that is several transactions, because it calls a provider or takes long. Its key is taken first, under a lease,
   * and answered at the end; in between, what must not be done twice is noted (`caller.progress`).
   */
  inSteps(request: KeyedRequest, work: Work): Promise<NonNullable<Outcome>> {
    return this.inTurn(request, () => this.tryInSteps(request, work));
  }

  private async inTurn(
    request: KeyedRequest,
    attempt: () => Promise<Outcome>,
  ): Promise<NonNullable<Outcome>> {
    const deadline = this.clock.now().getTime() + PATIENCE_MS;
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const other = request.keys.map(({ id }) => this.underWay.get(id)).find((one) => one !== undefined);
      const outcome = other === undefined ? await this.begun(request, attempt()) : undefined;
      if (outcome !== undefined) return outcome;
      const left = deadline - this.clock.now().getTime();
      if (left <= 0) throw inProgress();
      // No connection is held meanwhile: a hundred copies of one request must not keep out all others.
      if (other === undefined) await delay(pause);
      else await atMost(left, other);
    }
  }

  /** While it is under way, others of this process with one of its keys wait for it. */
  private async begun(request: KeyedRequest, attempt: Promise<Outcome>): Promise<Outcome> {
    const over = attempt.then(
      () => undefined,
      () => undefined,
    );
    for (const { id } of request.keys) this.underWay.set(id, over);
    try {
      const outcome = await attempt;
      if (outcome !== undefined) for (const { id } of request.keys) this.answeredHere.add(id);
      return outcome;
    } finally {
      for (const { id } of request.keys) this.underWay.delete(id);
    }
  }

  /**
   * Does it, and finds out with the commit that it was done before: the key is there, and all is taken back. To look for the
   * key first would cost every request a trip for the few that come again. Where one is likely to have come before, it does.
   */
  private async tryWhole(request: KeyedRequest, work: Work): Promise<Outcome> {
    if (request.keys.some(({ id }) => this.answeredHere.has(id))) {
      const earlier = await this.lookedUp(request);
      if (earlier !== 'begin') return earlier;
    }
    try {
      return await this.uow.whole(request.caller, async (caller) => {
        const answer = await work(caller);
        return { value: { answer, isRepeated: false }, last: this.keys.storing(request, answer) };
      });
    } catch (error) {
      // Whatever kept it from being done: it may have been that it is done already.
      const earlier = await this.lookedUp(request);
      if (earlier !== 'begin') return earlier;
      if (!isUniqueViolation(error, 'idempotency_keys_pkey')) throw error;
      // Left over by a release in which the route had steps.
      await this.uow.run(request.caller, (ctx) => this.keys.forget(ctx, request));
      return undefined;
    }
  }

  private async lookedUp(request: KeyedRequest): Promise<Outcome | 'begin'> {
    const found = await this.uow.read(request.caller, (ctx) => this.keys.look(ctx, request));
    return this.earlier(request, found);
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

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const timeOver = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, timeOver]);
  timer.abort();
}

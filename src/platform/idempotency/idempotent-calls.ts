import { Injectable } from '@nestjs/common';
import type { Caller } from '../context.js';
import { IdempotentRequests } from './idempotent-requests.js';
import { keyedRequest, REPLAYED_HEADER, type HttpRequest } from './keyed-request.js';

/** A reply as Express and Fastify both have it. */
export interface HttpReply {
  readonly statusCode: number;
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

export interface HttpCall {
  readonly caller: Caller;
  readonly route: string;
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

/** Requests with a key as they come over HTTP. */
@Injectable()
export class IdempotentCalls {
  constructor(private readonly requests: IdempotentRequests) {}

  /** Answers the body: what `work` makes of the call, or what an earlier one with the key was answered. */
  async once(
    { caller, route, request, reply }: HttpCall,
    keys: readonly string[],
    kind: 'whole' | 'steps',
    work: (caller: Caller) => Promise<unknown>,
  ): Promise<unknown> {
    const keyed = keyedRequest(caller, route, request, keys);
    const answered = async (given: Caller): Promise<{ status: number; body: unknown }> => {
      const body = await work(given);
      return { status: reply.statusCode, body };
    };
    const { answer, isRepeated } =
      kind === 'steps'
        ? await this.requests.inSteps(keyed, answered)
        : await this.requests.asWhole(keyed, answered);
    if (isRepeated) {
      reply.status(answer.status);
      reply.header(REPLAYED_HEADER, 'true');
    }
    return answer.body;
  }
}

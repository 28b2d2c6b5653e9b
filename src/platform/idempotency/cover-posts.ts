import { UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { LONGEST_KEY } from '../../domain/repeated-requests.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { isPost, kindOf, type RouteKind } from './route-kinds.js';

const DESCRIPTION: Readonly<Record<RouteKind, string>> = {
  whole:
    'Sent again with the same key and body, the request is not done again: its first answer is given again.',
  steps:
    'Sent again with the same key and body, the request is not done again: its first answer is given again.',
  inside:
    'Sent again with the same key and body, the request is not done again: its first answer is given again.',
  reads: 'Accepted as everywhere. The request changes nothing, and is answered anew.',
};

/** Lets a key make one effect of every POST of a controller. */
export const coverPosts: ClassDecorator = (controller) => {
  const prototype = controller.prototype as object;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as TypedPropertyDescriptor<unknown>;
    const handler = descriptor.value;
    if (!isPost(handler)) continue;
    const kind = kindOf(handler);
    const header = {
      name: 'Idempotency-Key',
      required: false,
      description: DESCRIPTION[kind],
      schema: { type: 'string', minLength: 1, maxLength: LONGEST_KEY },
    } as const;
    ApiHeader(header)(prototype, name, descriptor);
    if (kind === 'whole' || kind === 'steps')
      UseInterceptors(IdempotencyInterceptor)(prototype, name, descriptor);
  }
};

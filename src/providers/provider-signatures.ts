import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingWebhook, WebhookVerdict } from './provider-adapter.js';

const TOLERANCE_SECONDS = 300;

/** What a webhook says of its signature: HMAC-SHA256 of a prefix and the body. */
export interface GivenSignature {
  readonly signatures: readonly Buffer[];
  readonly prefix: string;
  /** In seconds since 1970; part of the prefix. */
  readonly time: string;
}

/** Good where one of the keys has made one of the signatures, not long ago and not for a time to come. */
export function verdictOf(
  { body, receivedAt }: IncomingWebhook,
  keys: readonly (string | Buffer)[],
  { signatures, prefix, time }: GivenSignature,
): WebhookVerdict {
  const isSignedWith = (key: string | Buffer): boolean => {
    const expected = createHmac('sha256', key).update(prefix).update(body).digest();
    return signatures.some((given) => given.length === expected.length && timingSafeEqual(given, expected));
  };
  if (!keys.some(isSignedWith)) return { verified: false, reason: 'mismatch' };
  const age = receivedAt.getTime() / 1000 - Number(time);
  return Math.abs(age) > TOLERANCE_SECONDS ? { verified: false, reason: 'stale' } : { verified: true };
}

import type { WebhookHealth } from '../../connections/connections.types.js';
import type { RemoteWebhookEndpoint } from '../../providers/provider-adapter.js';
import { repairOf } from './webhook-repair.js';

const MINUTE = 60_000;
const at = (minutes: number): Date => new Date(Date.parse('2026-11-01T00:00:00Z') + minutes * MINUTE);
const healthy: RemoteWebhookEndpoint = {
  remoteId: 'hook_1',
  url: 'https://us.test/v1/webhooks/whop/conn_1',
  enabled: true,
  disabled: undefined,
  failingSince: undefined,
  failures: 0,
  lastFailureAt: undefined,
};
const failing = { ...healthy, failingSince: at(0), failures: 3, lastFailureAt: at(1) };

/** Looks at these times, each time at what is there then. Answers what was done, by minute. */
function look(...seen: [number, RemoteWebhookEndpoint | null][]): { health: WebhookHealth; done: unknown[] } {
  let health: WebhookHealth | null = null;
  const done: unknown[] = [];
  for (const [minute, found] of seen) {
    const repair = repairOf(found, health, at(minute));
    health = repair.health;
    if (repair.enable) done.push([minute, 'enable']);
    if (repair.replayFrom !== undefined)
      done.push([minute, 'replay', (repair.replayFrom.getTime() - at(0).getTime()) / MINUTE]);
  }
  return { health: health as unknown as WebhookHealth, done };
}

test('one that is well is left alone, and one that is missing is only said to be', () => {
  expect(look([0, healthy], [5, healthy])).toMatchObject({ health: { state: 'ok' }, done: [] });
  expect(look([0, null], [5, null])).toMatchObject({ health: { state: 'missing' }, done: [] });
});

test('one that was disabled for failing is switched on, and tells what has failed since it began to', () => {
  const disabled = { ...failing, enabled: false, disabled: { at: at(4320), reason: 'delivery_failures' } };
  expect(look([4400, disabled], [4405, healthy])).toMatchObject({
    health: { state: 'ok' },
    done: [
      [4400, 'enable'],
      [4400, 'replay', 0],
      [4405, 'replay', 0], // what came in between
    ],
  });
  const [, replay] = look([4400, { ...disabled, failingSince: undefined }]).done;
  expect(replay).toEqual([4400, 'replay', 4320 - 4 * 24 * 60]);
});

test('one that a person has switched off stays off', () => {
  const off = { ...healthy, enabled: false };
  expect(look([0, off], [5, off])).toMatchObject({
    health: { state: 'off', since: at(0).toISOString() },
    done: [],
  });
});

test('one that fails is asked to tell again, less and less often, and once more when it is well', () => {
  const seen = [2, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52].map((minute): [number, RemoteWebhookEndpoint] => [
    minute,
    failing,
  ]);
  expect(look(...seen, [60, healthy], [65, healthy])).toMatchObject({
    health: { state: 'ok', failures: 0 },
    done: [
      [2, 'replay', 0],
      [17, 'replay', 0],
      [47, 'replay', 0],
      [60, 'replay', 0],
    ],
  });
});

test('an outage in which nobody looked is known by the last failure', () => {
  const after = { ...healthy, lastFailureAt: at(90) };
  expect(look([0, healthy], [120, after], [125, after]).done).toEqual([[120, 'replay', -10]]);
  // At the first look nobody knows whether it was ours.
  expect(look([120, after]).done).toEqual([]);
});

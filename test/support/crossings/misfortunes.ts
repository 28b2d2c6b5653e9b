import type { FaultRule } from '../../../src/sandbox/index.js';

/** Longer than anybody waits for an answer in these tests, and shorter than what follows. */
export const GIVEN_UP_MS = 500;
const LATE_MS = 900;

const odd = (text: string): Omit<FaultRule, 'path' | 'method'> => ({
  mode: 'error_after',
  status: 200,
  text,
});

/** What can become of one call of the first operation. `times: null` ones go on until the second operation has happened. */
export const ANSWERS: readonly (readonly [string, Omit<FaultRule, 'path' | 'method'>])[] = [
  ['cut before', { mode: 'drop_before' }],
  ['cut after', { mode: 'drop_after' }],
  ['a 500 that is kept, not done', { mode: 'error', status: 500 }],
  ['a 500 that is kept, done', { mode: 'error_after', status: 500 }],
  ['a 503, not done', { mode: 'error', status: 503 }],
  ['a 503, done', { mode: 'error_after', status: 503 }],
  ['too many', { mode: 'error', status: 429, headers: { 'retry-after': '1' } }],
  ['done late', { mode: 'delay', ms: LATE_MS, times: 1 }],
  ['a bare value', odd('"ok"')],
  ['an object without id', odd('{"nonsense":true}')],
  ['a page', odd('<html></html>')],
  ['half a body', odd('{"id":"in_1","ob')],
];

/** What can become of the worker: it dies before its first call, before it can say what came of it, or sleeps until others are done. */
export const CRASHES = [
  'dies before it calls',
  'dies before it records',
  'sleeps before it records',
] as const;
export type Crash = (typeof CRASHES)[number];

export type Point =
  | { readonly kind: 'none' }
  | { readonly kind: 'crash'; readonly crash: Crash }
  | {
      readonly kind: 'answer';
      /** Of the calls that the operation makes when all goes well: which. */
      readonly call: number;
      readonly name: string;
      readonly rule: Omit<FaultRule, 'path' | 'method'>;
    };

/** Of an operation with so many calls. One without any has nothing that could go wrong. */
export const pointsOf = (calls: number): Point[] => [
  { kind: 'none' },
  ...CRASHES.slice(0, calls === 0 ? 0 : undefined).map((crash): Point => ({ kind: 'crash', crash })),
  ...Array.from({ length: calls }, (_, call) =>
    ANSWERS.map(([name, rule]): Point => ({ kind: 'answer', call, name, rule })),
  ).flat(),
];

export const nameOf = (point: Point): string =>
  point.kind === 'none'
    ? 'all well'
    : point.kind === 'crash'
      ? point.crash
      : `call ${point.call + 1} ${point.name}`;

import fc from 'fast-check';
import {
  ABANDONED_AFTER_MS,
  adopted,
  isSameRow,
  mayInstall,
  prospectOf,
  type Claim,
  type Row,
} from './claims.js';

/** What the database holds of one id, as all see it at once. */
interface World {
  readonly claims: { writeId: string; row: Row; madeAt: number; isWithdrawn: boolean }[];
  readonly finished: Set<string>;
  readonly stored: Row[];
  now: number;
}

const claimsOf = (world: World): Claim[] =>
  world.claims.map(({ writeId, row, madeAt, isWithdrawn }) => ({
    writeId,
    ...row,
    receivedAt: row.occurredAt,
    ageMs: world.now - madeAt,
    isWithdrawn,
    isFinished: world.finished.has(writeId),
  }));

interface Sender {
  readonly contentHash: string;
  readonly occurredAt: number;
  readonly isTimed: boolean;
}

let writes = 0;

/** One server that stores one event, a statement at a time: every `yield` is a moment in which others go on, or it dies. */
function* writer(world: World, sender: Sender): Generator<undefined, 'stored' | 'copy' | 'again'> {
  for (let attempt = 0; attempt < 5; attempt++) {
    yield;
    const claims = claimsOf(world);
    const { settled, abandoned } = prospectOf(claims);
    if (settled !== undefined) return 'copy';
    yield;
    if (abandoned.some((claim) => world.stored.some((row) => isSameRow(row, claim)))) return 'copy';
    const dismissed = new Set(abandoned.map(({ writeId }) => writeId));
    const { contentHash, occurredAt } = adopted(sender, claims) ?? sender;
    const mine = { writeId: `w${String(writes++).padStart(9, '0')}`, contentHash, occurredAt };
    yield;
    const claim = { writeId: mine.writeId, row: mine, madeAt: world.now, isWithdrawn: false };
    world.claims.push(claim);
    yield;
    // Finished is asked after the claims were seen: what finished in between counts as finished.
    const seen = claimsOf(world);
    yield;
    const isFree = mayInstall(
      mine,
      seen.map((one) => ({ ...one, isFinished: world.finished.has(one.writeId) })),
      dismissed,
    );
    if (!isFree) {
      yield;
      claim.isWithdrawn = true;
      continue;
    }
    yield;
    world.stored.push(mine);
    yield;
    world.finished.add(mine.writeId);
    return 'stored';
  }
  return 'again';
}

const sender = fc.record({
  contentHash: fc.constantFrom('a', 'b'),
  occurredAt: fc.constantFrom(1, 2),
  isTimed: fc.boolean(),
});

const differentRows = (world: World): number =>
  new Set(world.stored.map(({ contentHash, occurredAt }) => `${contentHash} ${occurredAt}`)).size;

describe('claims of an event id', () => {
  it('let no two contents be stored, however the steps of writers mix and whoever dies, and lose nothing that was sent again', () => {
    fc.assert(
      fc.property(
        fc.array(sender, { minLength: 2, maxLength: 4 }),
        fc.array(fc.record({ who: fc.nat(3), dies: fc.integer({ min: 0, max: 29 }) }), {
          minLength: 20,
          maxLength: 60,
          size: 'max',
        }),
        (senders, steps) => {
          const world: World = { claims: [], finished: new Set(), stored: [], now: 0 };
          const running = senders.map((one) => ({ one, at: writer(world, one), answer: '' }));
          const settle = () => {
            const rows = differentRows(world);
            const isTold = running.some(({ answer }) => answer === 'stored' || answer === 'copy');
            if (rows > 1 || (isTold && rows === 0)) throw new Error(`${rows} contents are stored`);
          };
          for (const { who, dies } of steps) {
            const writing = running[who % running.length]!;
            if (writing.answer !== '') continue;
            if (dies === 0) writing.answer = 'dead';
            else {
              const { done, value } = writing.at.next();
              if (done) writing.answer = value;
            }
            world.now += 10;
            settle();
          }
          // The rest is dead. Much later, every event is sent again, one after the other: all of them come to an answer.
          world.now += ABANDONED_AFTER_MS;
          for (const { one } of running) {
            const last = writer(world, one);
            for (;;) {
              const { done, value } = last.next();
              if (!done) continue;
              expect(value).not.toBe('again');
              break;
            }
            expect(differentRows(world)).toBe(1);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('let the same content through at once: a call sent again does not wait for a server that was killed', () => {
    fc.assert(
      fc.property(sender, fc.nat(9), (one, steps) => {
        const world: World = { claims: [], finished: new Set(), stored: [], now: 0 };
        const killed = writer(world, one);
        for (let step = 0; step < steps; step++) killed.next();
        world.now += 50;
        const again = writer(world, { ...one, occurredAt: one.isTimed ? one.occurredAt : 7 });
        let answer;
        do answer = again.next();
        while (!answer.done);
        expect(['stored', 'copy']).toContain(answer.value);
        expect(differentRows(world)).toBe(1);
      }),
    );
  });
});

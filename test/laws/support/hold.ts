import fc from 'fast-check';

/**
 * Laws that need no second opinion: what a history comes to is compared with what the same history comes to when something
 * changes that must change nothing. Each history has a seed of its own, so that one number brings a failure back:
 *
 *     LAWS_SEED=20261138 LAWS_RUNS=1 npx jest test/laws/cut-periods.spec.ts
 *
 * LAWS_SEED=random draws new ones; LAWS_SECONDS=600 goes on for so long with each law, whatever the number. Without either
 * every machine checks the same histories: what is found elsewhere is found here.
 */

/** Of each law, where nothing else is asked for. */
const RUNS = 16;
const FIRST_SEED = 20_261_121;
/** Histories at a time: while one waits for the database another one is worked out. */
const AT_ONCE = 4;
const SHRINKING_SECONDS = 120;

/** What a test with so many histories may take: the histories, the making small of one that fails, and a slow machine. */
export const timeoutOf = (): number => {
  const { LAWS_RUNS, LAWS_SECONDS } = process.env;
  const searching = LAWS_SECONDS === undefined ? 5 * Number(LAWS_RUNS ?? RUNS) : 2 * Number(LAWS_SECONDS);
  return (searching + SHRINKING_SECONDS + 60) * 1000;
};

const boundsNow = (): { readonly runs: number; readonly until: number } => {
  const { LAWS_RUNS, LAWS_SECONDS } = process.env;
  return LAWS_SECONDS === undefined
    ? { runs: Number(LAWS_RUNS ?? RUNS), until: Infinity }
    : { runs: Number(LAWS_RUNS ?? Infinity), until: Date.now() + Number(LAWS_SECONDS) * 1000 };
};

const seedNow = (): number => {
  const { LAWS_SEED } = process.env;
  if (LAWS_SEED === 'random') return Math.floor(Math.random() * 1_000_000_000);
  return Number(LAWS_SEED ?? FIRST_SEED);
};

interface Broken<H> {
  readonly seed: number;
  readonly history: H;
  readonly error: unknown;
}

/**
 * Checks a law on random histories: `check` throws where it does not hold. The first history that breaks it is made as small
 * as it can be, and told with its seed. Answers how many histories were checked.
 */
export async function holds<H>(
  law: string,
  histories: fc.Arbitrary<H>,
  check: (history: H) => Promise<void>,
): Promise<number> {
  const { runs, until } = boundsNow();
  const seed = seedNow();
  let next = 0;
  let checked = 0;
  let broken: Broken<H> | undefined;
  const work = async (): Promise<void> => {
    while (broken === undefined && next < runs && Date.now() < until) {
      const own = seed + next++;
      const [history] = fc.sample(histories, { seed: own, numRuns: 1 }) as [H];
      try {
        await check(history);
        checked += 1;
      } catch (error) {
        broken ??= { seed: own, history, error };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (broken !== undefined) throw await told(law, check, broken);
  if (process.env.LAWS_SECONDS !== undefined)
    process.stderr.write(`${law}: ${checked} histories from seed ${seed}\n`);
  return checked;
}

async function told<H>(law: string, check: (history: H) => Promise<void>, broken: Broken<H>): Promise<Error> {
  const { seed } = broken;
  const { history, error } = await shrunk(check, broken);
  return new Error(
    [
      `${law}: broken by the history of seed ${seed} (LAWS_SEED=${seed} LAWS_RUNS=1 brings it back). Made small:`,
      JSON.stringify(history),
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ].join('\n'),
  );
}

/** Leaves out one thing after the other for as long as it fails in the same way without it. */
async function shrunk<H>(check: (history: H) => Promise<void>, broken: Broken<H>): Promise<Broken<H>> {
  const until = Date.now() + SHRINKING_SECONDS * 1000;
  let found = broken;
  for (let again = true; again;) {
    again = false;
    for (const history of smaller(found.history)) {
      if (Date.now() > until) return found;
      const error = await errorOf(check, history);
      if (error === undefined || kindOf(error) !== kindOf(broken.error)) continue;
      found = { ...found, history, error };
      again = true;
      break;
    }
  }
  return found;
}

const errorOf = async <H>(check: (history: H) => Promise<void>, history: H): Promise<unknown> => {
  try {
    await check(history);
    return undefined;
  } catch (error) {
    return error;
  }
};

/** What is refused, or cannot be carried out, shows nothing of a figure that is wrong, nor of another refusal. */
const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'thrown';
  const refusal = / answered \d{3}, not \d{3}: \{"code":"[^"]*","message":"([^"]*)"/.exec(error.message);
  if (refusal !== null) return refusal[1]!.replaceAll(/\S*\d\S*/g, '');
  return 'matcherResult' in error ? 'figures' : error.name;
};

/** The same JSON with one element of a list less, or nothing in place of one object: the largest parts first. */
function* smaller<T>(value: T): Generator<T> {
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1) as T;
    for (const [index, element] of value.entries())
      for (const other of smaller<unknown>(element)) yield value.with(index, other) as T;
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    for (const [key, part] of entries)
      if (typeof part === 'object' && part !== null && !Array.isArray(part)) yield { ...value, [key]: null };
    for (const [key, part] of entries)
      for (const other of smaller<unknown>(part)) yield { ...value, [key]: other };
  }
}

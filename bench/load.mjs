// Load over HTTP: autocannon from this process, which shares the machine with everything else.
import autocannon from 'autocannon';

export const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);

/** Requests per second and latencies in ms of one route under so many connections; every answer has to be the one expected. */
export async function load({
  url,
  headers = {},
  body,
  connections = 64,
  seconds = SECONDS,
  rate,
  expected = 202,
}) {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        setupRequest: (request) => {
          const made = body();
          return typeof made === 'string'
            ? { ...request, body: made }
            : { ...request, body: made.body, headers: { ...request.headers, ...made.headers } };
        },
      },
    ],
  });
  const wrong = Object.entries(result.statusCodeStats ?? {}).filter(([code]) => Number(code) !== expected);
  if (wrong.length > 0 || result.errors > 0)
    throw new Error(`${url}: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  return {
    perSecond: result.requests.total / result.duration,
    count: result.requests.total,
    p50: result.latency.p50,
    p95: result.latency.p97_5,
    p99: result.latency.p99,
  };
}

/** Both sides in turns, so that neither has the better hour of the machine. The median of each. */
export async function inTurns(rounds, one, other) {
  const sides = [[], []];
  for (let round = 0; round < rounds; round++) {
    sides[0].push(await one());
    sides[1].push(await other());
  }
  return sides.map((values) => median(values));
}

export const median = (values) =>
  typeof values[0] === 'number'
    ? [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
    : Object.fromEntries(
        Object.keys(values[0]).map((key) => [key, median(values.map((value) => value[key]))]),
      );

/** The time of each of so many calls one after the other, in ms. */
export async function times(count, call) {
  const taken = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    await call(n);
    taken.push(performance.now() - began);
  }
  return taken;
}

// Load over HTTP: autocannon from this process, which shares the machine with everything else.
import http from 'node:http';
import autocannon from 'autocannon';

export const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);

/** Requests per second and latencies in ms of one route under so many connections; every answer has to be the one expected. */
export async function load({
  url,
  method = 'POST',
  path,
  headers = {},
  body,
  connections = 128,
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
        method,
        headers: { 'content-type': 'application/json', ...headers },
        setupRequest: (request) => {
          if (path !== undefined) return { ...request, path: path() };
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

/**
 * So many requests a second, evenly, whether or not those before are answered: each latency counts from the moment in which
 * the request was due. (A generator that waits for answers, or sends each second's requests at once, measures itself.)
 */
export async function paced({
  url,
  path,
  method = 'GET',
  headers = {},
  body,
  perSecond,
  seconds = SECONDS,
  expected,
}) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port } = new URL(url);
  const latencies = [];
  const began = performance.now();
  const one = (due) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        {
          agent,
          hostname,
          port,
          method,
          path: path(),
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          response.resume();
          response.once('error', reject);
          response.once('end', () => {
            if (response.statusCode !== expected) reject(new Error(`${url} answered ${response.statusCode}`));
            latencies.push(performance.now() - due);
            resolve();
          });
        },
      );
      request.once('error', reject);
      request.end(body?.());
    });
  const sent = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = began + (n * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    sent.push(one(due));
  }
  await Promise.all(sent);
  agent.destroy();
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return {
    perSecond: sorted.length / ((performance.now() - began) / 1000),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
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

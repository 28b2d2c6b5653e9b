// The engine of npm's chdb (ClickHouse, in process) behind as much of ClickHouse's HTTP interface as the official client
// uses: so that the store under test is the one that runs in production, address, password, lost connections and all.
// usage: node chdb-server.mjs DIR_WITH_CHDB DATA_DIR [PORT]. Says `{"port": N}` on standard output when it listens.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules = '', data = '', port = '0'] = process.argv.slice(2);
const { Session } = createRequire(path.join(path.resolve(modules), 'package.json'))('chdb');
const session = new Session(data);
const USER = 'usage';
const PASSWORD = 'p@ss:word';
const DATABASE = 'default';

/** What only the real server's HTTP layer knows, and the engine would refuse. */
const OF_HTTP = new Set([
  'query',
  'database',
  'query_id',
  'default_format',
  'wait_end_of_query',
  'enable_http_compression',
]);
const ESCAPES = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0' };
const unescape = (text) => text.replace(/\\(.)/gs, (_, c) => ESCAPES[c] ?? c);

createServer((request, response) => {
  answer(request).then(
    (body) => {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    },
    (error) => {
      const text = error instanceof Error ? error.message : String(error);
      const code = /Code: (\d+)/.exec(text)?.[1] ?? '1002';
      response.writeHead(code === '516' ? 403 : 500, { 'x-clickhouse-exception-code': code }).end(text);
    },
  );
}).listen(Number(port), '127.0.0.1', function () {
  process.stdout.write(`${JSON.stringify({ port: this.address().port })}\n`);
});
process.on('disconnect', () => process.exit(0));

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/ping') return 'Ok.\n';
  const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  if (request.headers.authorization !== wanted)
    throw new Error('Code: 516. DB::Exception: usage: Authentication failed. (AUTHENTICATION_FAILED)');
  const values = new Map(url.searchParams);
  if ((values.get('database') ?? DATABASE) !== DATABASE)
    throw new Error(
      `Code: 81. DB::Exception: Database ${values.get('database')} does not exist. (UNKNOWN_DATABASE)`,
    );
  const type = request.headers['content-type'] ?? '';
  let body = Buffer.concat(chunks).toString('utf8');
  if (type.startsWith('multipart/form-data')) {
    const form = await new globalThis.Response(Buffer.concat(chunks), {
      headers: { 'content-type': type },
    }).formData();
    for (const [name, value] of form) values.set(name, value);
    body = '';
  }
  const sql = [values.get('query'), body].filter(Boolean).join('\n');
  const settings = [...values].filter(([name]) => !OF_HTTP.has(name) && !name.startsWith('param_'));
  const parameters = Object.fromEntries(
    [...values].flatMap(([name, value]) =>
      name.startsWith('param_') ? [[name.slice('param_'.length), parse(unescape(value))]] : [],
    ),
  );
  const set = settings.map(([name, value]) => `SET ${name} = '${value.replaceAll("'", "''")}'; `).join('');
  const format = { format: values.get('default_format') ?? 'TabSeparated' };
  const result =
    Object.keys(parameters).length > 0
      ? await session.queryBindAsync(set + sql, parameters, format)
      : await session.queryAsync(set + sql, format);
  return Buffer.from(result.bytes());
}

/** chdb takes lists as lists. Texts that look like one are JSON and stay what they are. */
function parse(value) {
  return /^\['[a-z_]/.test(value) ? JSON.parse(value.replaceAll("'", '"')) : value;
}

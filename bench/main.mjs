// `npm run bench`: the performance table. bench/README.md says what stands on which side.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { assertNode, ensureBuilt, ensureInstalled, root } from '../scripts/prepare.mjs';

assertNode();
ensureInstalled();
ensureBuilt();
const { startPostgres } = await import('./servers.mjs');
const { growthRow, ingestRows } = await import('./rows/ingest.mjs');
const { billingRows } = await import('./rows/billing-run.mjs');
const { dashboardRows } = await import('./rows/dashboards.mjs');
const { usageRows } = await import('./rows/usage.mjs');
const { balanceRow } = await import('./rows/balance.mjs');
const { webhookRow } = await import('./rows/webhooks.mjs');
const { clockRow } = await import('./rows/clock.mjs');
const { pushRows } = await import('./rows/provider-push.mjs');
const { keyRows } = await import('./rows/idempotency.mjs');

const dir = path.join(root, '.data/bench');
fs.mkdirSync(dir, { recursive: true });
const only = (process.env.BENCH_ROWS ?? '').split(',').filter((part) => part !== '');
const rows = [];
const said = (text) => {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K… ${text}`);
};
const context = {
  dir,
  say: said,
  wanted: (...names) => only.length === 0 || names.some((name) => only.some((part) => name.includes(part))),
  add: ({ goal, ...row }) => {
    const isMet = goal.least === undefined ? row.ratio <= goal.most : row.ratio >= goal.least;
    rows.push({ ...row, goal: goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`, met: isMet });
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    const shown = row.ratio >= 100 ? row.ratio.toFixed(0) : row.ratio.toFixed(3);
    console.log(`${isMet ? '✓' : '✗'} ${row.row.padEnd(30)} ${shown.padStart(7)}  ${rows.at(-1).goal}`);
    console.log(`    ${row.numerator}\n    ${row.denominator}`);
  },
};

const postgres = await startPostgres(path.join(dir, 'postgres'));
context.postgres = postgres;
try {
  await ingestRows(context);
  await webhookRow(context);
  await pushRows(context);
  await keyRows(context);
  await clockRow(context);
  await balanceRow(context);
  await usageRows(context, async (large) => {
    await dashboardRows({ ...context, large });
    await billingRows({ ...context, large });
    await growthRow({ ...context, large });
  });
} finally {
  postgres.stop();
  for (const name of ['postgres', 'postgres-timed'])
    fs.rmSync(path.join(dir, name), { recursive: true, force: true });
}
const results = {
  measured_at: new Date().toISOString(),
  machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
  rows,
};
fs.writeFileSync(path.join(dir, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
const missed = rows.filter((row) => !row.met).length;
console.log(
  `${rows.length - missed} of ${rows.length} goals met; ${path.join('.data/bench', 'results.json')}`,
);

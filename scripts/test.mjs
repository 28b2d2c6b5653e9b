// `npm test`: all tests, on real Postgres and real Redis. The last line says how many passed and failed.
import { runJest } from './jest-run.mjs';
import { assertNode, ensureInstalled } from './prepare.mjs';

assertNode();
ensureInstalled();
runJest('test', []);

// `npm start` and `npm run quickstart`: whatever is missing is made first, then the program runs in this process.
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { assertNode, ensureBuilt, ensureInstalled, loadEnv, root } from './prepare.mjs';

assertNode();
ensureInstalled();
ensureBuilt();
loadEnv();
const [program] = process.argv.splice(2, 1);
await import(pathToFileURL(path.join(root, 'dist/src', program)).href);

// `npm run start:dev`: the server, built again and started again at each change, with a debugger on 127.0.0.1:9229.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { assertNode, ensureInstalled, loadEnv, root } from './prepare.mjs';

assertNode();
ensureInstalled();
loadEnv();
const nest = path.join(root, 'node_modules/@nestjs/cli/bin/nest.js');
const child = spawn(process.execPath, [nest, 'start', '--watch', '--debug', '127.0.0.1:9229'], {
  cwd: root,
  stdio: 'inherit',
  detached: true,
});
// To all of its group: the compiler starts the server as a process of its own, which would stay behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.kill(-child.pid, signal));
child.on('exit', (code) => process.exit(code ?? 0));

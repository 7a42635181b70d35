// npm start: Holdfast for one's own servers. Builds if need be and runs the engine in the foreground; without a configuration it says how to make the first tunnel.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const command = fileURLToPath(new URL('../out/cli.js', import.meta.url));
await build();
if (!existsSync(command)) throw new Error('the build made no out/cli.js');
const child = spawn(process.execPath, [command, 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});

// npm start: Holdfast for one's own servers. Builds, then opens the desktop app where Electron and a display are to be had; otherwise says why not and
// serves the window to a browser, printing its link. Options go on to `holdfast app`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

await build();
const command = fileURLToPath(new URL('../out/cli.js', import.meta.url));
const child = spawn(process.execPath, [command, 'app', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});

import { commandArguments } from './command-mode.ts';

/**
 * The entry of the app's program. As the command it touches nothing of Electron and ends with the command's exit code, before there is any window,
 * tray or lock: Electron goes on only when this module is done. As the desktop everything that must be said before Electron is ready is said
 * on the way through.
 */
const args = commandArguments(process.argv);
if (args === null) {
  const { startDesktop } = await import('./desktop/app.ts');
  startDesktop();
} else {
  // The command reads them where Node puts them.
  process.argv = [process.execPath, 'holdfast', ...args];
  await import('./cli/index.ts');
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, dialog } from 'electron';
import { asHoldfastError } from '../../shared/model/failure.ts';
import { settleHome } from '../engine/config/home.ts';
import { resolveProfile } from '../engine/config/paths.ts';
import { systemClock } from '../engine/lifecycle/clock.ts';
import { openStateFolderNow } from '../engine/lifecycle/state-folder.ts';
import { bearFaults, openDesktopLog } from './desktop-log.ts';
import { hardenApp, hardenSession, isOpenToDebuggers } from './hardening.ts';
import { appId } from './identity.ts';
import { personTexts } from './language.ts';
import { hiddenArgument } from './login-start.ts';
import { registerPageScheme, servePages } from './page-protocol.ts';
import { collectProcessLogs } from './process-log.ts';
import { DesktopSettingsFile } from './settings.ts';
import { DesktopShell } from './shell.ts';
import { feedFile } from './updates.ts';

/** Starts the desktop app: one instance a profile; a second launch shows the window of the first. */
export function startDesktop(): void {
  if (isOpenToDebuggers()) {
    process.stderr.write('Holdfast does not start with its pages open to a debugger.\n');
    app.exit(1);
    return;
  }
  settleHome();
  let shell: DesktopShell | null = null;
  const configFile = namedConfig(process.argv);
  const profile = resolveProfile(configFile);
  // Chromium's files and the instance lock belong to the profile: two profiles are two apps.
  const data = join(profile.stateFolder, 'desktop');
  try {
    openStateFolderNow(profile.stateFolder, data);
  } catch (error) {
    const { message, next } = asHoldfastError(error, profile.stateFolder);
    // Before Electron is ready this goes to standard error on Linux.
    dialog.showErrorBox('Holdfast', `${message}\n${next}`);
    app.exit(1);
    return;
  }
  app.setName('Holdfast');
  app.setPath('userData', data);
  if (process.platform === 'win32') app.setAppUserModelId(appId);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const logs = openDesktopLog(profile.logFolder);
  const { chrome, electron, node } = process.versions;
  logs.root.info('The app starts', { version: app.getVersion(), electron, chromium: chrome, node });
  bearFaults(logs, () => (shell ? shell.quit({ ask: false }) : app.exit(1)));
  const processes = collectProcessLogs(logs.root, systemClock);
  app.on('will-quit', () => {
    processes.dispose();
    logs.dispose();
  });
  const settings = new DesktopSettingsFile(join(profile.stateFolder, 'desktop.json'));
  hardenApp({ looksForUpdates: settings.value.updates && existsSync(feedFile()) });
  registerPageScheme();
  // The tray keeps it alive, not a window.
  app.on('window-all-closed', () => undefined);

  const out = dirname(fileURLToPath(import.meta.url));
  let launchedAgain = false;
  app.on('second-instance', () => {
    launchedAgain = true;
    shell?.showWindow(null);
  });
  app.on('activate', () => shell?.showWindow(null));
  app.on('before-quit', (event) => {
    if (shell === null || shell.hasEnded) return;
    event.preventDefault();
    // On macOS this comes from the Dock and the menu as well; elsewhere from the end of the session or a signal.
    // Not from inside the event: windows are destroyed on the way.
    const quitting = shell;
    setImmediate(() => quitting.quit({ ask: process.platform === 'darwin' }));
  });
  const begin = async (): Promise<void> => {
    await app.whenReady();
    await hardenSession();
    servePages(join(out, 'renderer'));
    shell = new DesktopShell({
      profile,
      settings,
      profileArgument: configFile === null ? null : `${configArgument}${profile.configFile}`,
      preload: join(out, 'preload.cjs'),
      assets: join(app.getAppPath(), 'assets'),
      devTools: !app.isPackaged,
      log: logs.root,
    });
    await shell.start({ hidden: startsHidden() && !launchedAgain });
  };
  begin().catch((error: unknown) => {
    logs.root.error('The app could not start', { error });
    logs.dispose();
    dialog.showErrorBox('Holdfast', personTexts().causeSays(asHoldfastError(error, 'desktop').toCause()));
    app.exit(1);
  });
}

const configArgument = '--config=';

/** `--config=FILE`: Chromium sorts switches before other words, so the value must hang on. */
function namedConfig(argv: readonly string[]): string | null {
  return argv.find((word) => word.startsWith(configArgument))?.slice(configArgument.length) ?? null;
}

/** Started by the login: macOS tells it, the others by the argument of their entry. */
function startsHidden(): boolean {
  if (process.argv.includes(hiddenArgument)) return true;
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}

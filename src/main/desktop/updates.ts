import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AppUpdater } from 'electron-updater';

/** What fetches and installs a newer version, whatever it is. */
export interface Updater {
  /** The newer version that the feed has; null: none. Fetches nothing else. */
  check(): Promise<string | null>;
  /** Fetches it and compares it with the feed's hash, and its signature where the system has one. */
  download(): Promise<void>;
  /** Installs what was fetched; the app must be ready to end. */
  install(): void;
}

/** The package's own note of its feed; without it there is none. */
export function feedFile(): string {
  return join(process.resourcesPath, 'app-update.yml');
}

export interface UpdatesOptions {
  /** Somebody switched it on. */
  readonly enabled: boolean;
  readonly feedFile: string;
  readonly load: () => Promise<Updater>;
  /** Tunnels that an installation would take down, at this moment. */
  readonly tunnelsUp: () => number;
  /** True: install now. */
  readonly ask: (version: string, tunnelsUp: number) => Promise<boolean>;
  /** Ends the app in its own way, and then does this. */
  readonly leave: (install: () => void) => void;
}

export type UpdateOutcome = 'off' | 'current' | 'kept' | 'installing';

/**
 * Looks once for a newer version. Off, or without a feed, not even the package that could do it is loaded. What it finds is fetched; it is installed only
 * if the person says so while tunnels are up, or if none is.
 */
export async function lookForUpdate(options: UpdatesOptions): Promise<UpdateOutcome> {
  if (!options.enabled || !existsSync(options.feedFile)) return 'off';
  const updater = await options.load();
  const version = await updater.check();
  if (version === null) return 'current';
  await updater.download();
  // The last look before: tunnels may have come up while it was fetched, or while the person thought about fewer.
  for (let agreedTo = 0; options.tunnelsUp() > agreedTo; ) {
    const tunnels = options.tunnelsUp();
    if (!(await options.ask(version, tunnels))) return 'kept';
    agreedTo = tunnels;
  }
  options.leave(() => updater.install());
  return 'installing';
}

/** electron-updater, which does nothing by itself here. */
export async function loadElectronUpdater(): Promise<Updater> {
  const { default: module } = await import('electron-updater');
  return updaterOf(module.autoUpdater);
}

/** An updater of electron-updater behind the port. */
export function updaterOf(updater: AppUpdater): Updater {
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = false;
  updater.allowDowngrade = false;
  updater.logger = null;
  return {
    async check() {
      if (!updater.isUpdaterActive()) return null;
      const found = await updater.checkForUpdates();
      return found?.isUpdateAvailable === true ? found.updateInfo.version : null;
    },
    async download() {
      await updater.downloadUpdate();
    },
    install() {
      updater.quitAndInstall(false, true);
    },
  };
}

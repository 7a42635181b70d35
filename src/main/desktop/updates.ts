import { app } from 'electron';

/** Updates behind a port: off unless somebody builds in a feed and switches it on. */
export interface Updates {
  /** Looks for a newer version; resolves with it, or null. Downloads nothing by itself. */
  check(): Promise<string | null>;
}

export const noUpdates: Updates = { check: () => Promise.resolve(null) };

/** electron-updater's side of the port. Only where the package has a feed (`app-update.yml`), and never installs while tunnels are up. */
export async function createUpdates(enabled: boolean): Promise<Updates> {
  if (!enabled || !app.isPackaged) return noUpdates;
  const { autoUpdater } = (await import('electron-updater')).default;
  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = false;
  return {
    async check() {
      if (!autoUpdater.isUpdaterActive()) return null;
      const found = await autoUpdater.checkForUpdates();
      return found?.isUpdateAvailable === true ? found.updateInfo.version : null;
    },
  };
}

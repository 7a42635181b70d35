import { posix, win32 } from 'node:path';
import type { TrayIcon } from './tray-model.ts';

/**
 * The file of a tray icon: template images on macOS (the system colours them), one mid-tone on Linux whose panels do not tell their colour, ICO in the
 * colour of the task bar on Windows.
 */
export function trayIconFile(assets: string, icon: TrayIcon, platform: NodeJS.Platform, darkTaskbar: boolean): string {
  const path = platform === 'win32' ? win32 : posix;
  switch (platform) {
    case 'darwin':
      return path.join(assets, 'tray', 'macos', `${icon}Template.png`);
    case 'win32':
      return path.join(assets, 'tray', 'windows', `${icon}-${darkTaskbar ? 'dark' : 'light'}.ico`);
    default:
      return path.join(assets, 'tray', 'linux', `${icon}.png`);
  }
}

import type { BrowserWindowConstructorOptions } from 'electron';
import type { DesktopSettings } from './settings.ts';

/** How windows are made, as pure functions of platform and settings. */

export interface WindowContext {
  readonly platform: NodeJS.Platform;
  readonly preload: string;
  readonly icon: string | null;
  readonly dark: boolean;
  /** Developer tools: only in a build that is not packaged. */
  readonly devTools: boolean;
}

export const mainSize = { width: 1160, height: 780, minWidth: 720, minHeight: 480 };
/** Width of a question; its height is what its page asks for. */
export const promptWidth = 542;
const promptHeight = 420;
/** The bar of the page, in which Windows draws its buttons. */
const barHeight = 44;

const colours = { light: { bg: '#edf2f4', symbol: '#15222b' }, dark: { bg: '#0c1419', symbol: '#e4ebee' } };

/** Said in full even where it is the default: a changed default must not open a page. */
export function securePreferences({ preload, devTools }: WindowContext): Electron.WebPreferences {
  return {
    preload,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    safeDialogs: true,
    devTools,
  };
}

/** What a desktop's own frame may add to a window's height. */
const frameHeight = 40;

/** The size of the first window: the usual one, or what a small screen has room for. */
export function firstSize(area: { readonly width: number; readonly height: number }): {
  width: number;
  height: number;
} {
  return {
    width: Math.max(mainSize.minWidth, Math.min(mainSize.width, area.width)),
    height: Math.max(mainSize.minHeight, Math.min(mainSize.height, area.height - frameHeight)),
  };
}

export function mainWindowOptions(
  context: WindowContext,
  bounds: { readonly x?: number; readonly y?: number; readonly width: number; readonly height: number },
): BrowserWindowConstructorOptions {
  const { platform, dark, icon } = context;
  const colour = dark ? colours.dark : colours.light;
  return {
    title: 'Holdfast',
    ...mainSize,
    ...bounds,
    show: false,
    backgroundColor: colour.bg,
    autoHideMenuBar: true,
    ...(icon === null ? {} : { icon }),
    // Frameless with native controls on Windows and macOS, the desktop's own frame on Linux.
    ...(platform === 'darwin' ? { titleBarStyle: 'hiddenInset', trafficLightPosition: { x: 14, y: 14 } } : {}),
    ...(platform === 'win32'
      ? {
          titleBarStyle: 'hidden',
          titleBarOverlay: { color: colour.bg, symbolColor: colour.symbol, height: barHeight },
        }
      : {}),
    webPreferences: securePreferences(context),
  };
}

/** A window of its own, above others, that takes no keyboard unless told. */
export function promptWindowOptions(context: WindowContext): BrowserWindowConstructorOptions {
  const { dark, icon } = context;
  return {
    title: 'Holdfast',
    width: promptWidth,
    height: promptHeight,
    useContentSize: true,
    show: false,
    resizable: false,
    maximizable: false,
    minimizable: false,
    fullscreenable: false,
    alwaysOnTop: true,
    center: true,
    backgroundColor: dark ? '#172027' : '#ffffff',
    autoHideMenuBar: true,
    ...(icon === null ? {} : { icon }),
    webPreferences: securePreferences(context),
  };
}

/** Bounds that were kept, if enough of the window would still be on a screen; else null. */
export function visibleBounds(
  bounds: DesktopSettings['bounds'],
  screens: readonly { x: number; y: number; width: number; height: number }[],
): DesktopSettings['bounds'] {
  if (bounds === null) return null;
  const reachable = screens.some((area) => {
    const width = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
    const height = Math.min(bounds.y + bounds.height, area.y + area.height) - Math.max(bounds.y, area.y);
    return width >= 120 && height >= 80;
  });
  if (!reachable) return null;
  return {
    ...bounds,
    width: Math.max(bounds.width, mainSize.minWidth),
    height: Math.max(bounds.height, mainSize.minHeight),
  };
}

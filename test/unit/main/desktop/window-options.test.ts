import { describe, expect, it } from 'vitest';
import {
  firstSize,
  mainWindowOptions,
  promptWindowOptions,
  visibleBounds,
  type WindowContext,
} from '../../../../src/main/desktop/window-options.ts';

const context = (platform: NodeJS.Platform): WindowContext => ({
  platform,
  preload: '/p.cjs',
  icon: null,
  dark: false,
  devTools: false,
});

const usual = firstSize({ width: 1920, height: 1080 });

describe('windows', () => {
  it('have the sizes of the design, and the frame of their system', () => {
    const linux = mainWindowOptions(context('linux'), usual);
    expect(linux).toMatchObject({ width: 1160, height: 780, minWidth: 720, minHeight: 480, show: false });
    expect(linux.titleBarStyle).toBeUndefined();
    expect(mainWindowOptions(context('darwin'), usual).titleBarStyle).toBe('hiddenInset');
    expect(mainWindowOptions(context('win32'), usual)).toMatchObject({
      titleBarStyle: 'hidden',
      titleBarOverlay: { height: 44 },
    });
    expect(promptWindowOptions(context('linux'))).toMatchObject({
      width: 542,
      alwaysOnTop: true,
      show: false,
      resizable: false,
    });
  });

  it.each([
    ['main', mainWindowOptions(context('linux'), usual)],
    ['prompt', promptWindowOptions(context('win32'))],
  ])('%s: closed in, without tools', (_name, { webPreferences }) => {
    expect(webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      devTools: false,
    });
    expect(webPreferences).not.toHaveProperty('enableBlinkFeatures');
  });

  it('fit a small screen, frame and all, down to the least size', () => {
    expect(usual).toEqual({ width: 1160, height: 780 });
    expect(firstSize({ width: 1280, height: 800 })).toEqual({ width: 1160, height: 760 });
    expect(firstSize({ width: 600, height: 400 })).toEqual({ width: 720, height: 480 });
  });

  it('come back where they were only if that is on a screen', () => {
    const screen = { x: 0, y: 0, width: 1920, height: 1080 };
    const bounds = { x: 100, y: 100, width: 1000, height: 700 };
    expect(visibleBounds(bounds, [screen])).toEqual(bounds);
    expect(visibleBounds({ ...bounds, x: 1850 }, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, x: 2000 }, [screen, { ...screen, x: 1920 }])).toMatchObject({ x: 2000 });
    expect(visibleBounds({ ...bounds, width: 10 }, [screen])).toBeNull();
    expect(visibleBounds(null, [screen])).toBeNull();
  });
});

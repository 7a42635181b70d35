import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pagePolicy } from '../../../../src/shared/contract/page-policy.ts';
import { contentSecurityPolicy, pageFileOf } from '../../../../src/main/desktop/page-files.ts';
import {
  firstSize,
  mainWindowOptions,
  promptWindowOptions,
  type WindowContext,
} from '../../../../src/main/desktop/window-options.ts';
import { page, tableOf } from '../../../support/docs.ts';

/** The points of Electron's security checklist that are seen in what we ask of Electron; the others are tried in a real one (test/e2e/electron). */

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');
const sources = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file, text: read(`src/${file}`) }));
const filesWith = (pattern: RegExp): string[] =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

const electron = vi.hoisted(() => {
  const handlers = new Map<string, (event: unknown, contents: unknown) => void>();
  return {
    handlers,
    switches: new Set<string>(),
    app: {
      isPackaged: true,
      enableSandbox: vi.fn(),
      on: (name: string, handler: (event: unknown, contents: unknown) => void) => handlers.set(name, handler),
      commandLine: { hasSwitch: (name: string) => electron.switches.has(name), appendSwitch: vi.fn() },
    },
  };
});
vi.mock('electron', () => ({ app: electron.app, session: {} }));
afterEach(() => electron.switches.clear());

const context = (platform: NodeJS.Platform): WindowContext => ({
  platform,
  preload: '/preload.cjs',
  icon: null,
  dark: false,
  devTools: false,
});
const windows = (['linux', 'darwin', 'win32'] as const).flatMap((platform) => [
  mainWindowOptions(context(platform), firstSize({ width: 1920, height: 1080 })),
  promptWindowOptions(context(platform)),
]);

describe('every window', () => {
  it('is made in one place, of these options', () => {
    expect(filesWith(/new (BrowserWindow|BrowserView|WebContentsView|BaseWindow)\(/)).toEqual([
      'main/desktop/page-window.ts',
    ]);
    expect(filesWith(/webPreferences/)).toEqual(['main/desktop/window-options.ts']);
  });

  it('1. loads pages of our own scheme alone', () => {
    expect(filesWith(/\.(loadURL|loadFile)\(/)).toEqual(['main/desktop/page-window.ts']);
    expect(read('src/main/desktop/page-window.ts')).toMatch(/loadURL\(`\$\{pageOrigin\}\/\$\{page\}`\)/);
  });

  it.each(windows)('2. to 4. and 6. is isolated, in a sandbox, without Node', ({ webPreferences }) => {
    expect(webPreferences).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      devTools: false,
    });
  });

  it.each(windows)('8. to 12. asks for nothing that opens it', ({ webPreferences }) => {
    expect(webPreferences).toMatchObject({
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
    for (const name of ['enableBlinkFeatures', 'disableBlinkFeatures', 'additionalArguments', 'partition'])
      expect(webPreferences).not.toHaveProperty(name);
  });

  it('10. and 9. is given no features by switches either', () => {
    expect(filesWith(/appendArgument|enable-features|enable-blink-features/)).toEqual([]);
    const given = sources.flatMap(({ text }) => [...text.matchAll(/appendSwitch\(\s*'?([^',)]*)/g)].map((m) => m[1]));
    expect(given).toEqual(['host-resolver-rules']);
  });
});

describe('the app', () => {
  it('4. puts every page into a sandbox, whatever its window says', async () => {
    const { hardenApp } = await import('../../../../src/main/desktop/hardening.ts');
    hardenApp({ looksForUpdates: false });
    expect(electron.app.enableSandbox).toHaveBeenCalledOnce();
  });

  it('1. looks up no name for a page, unless it needs names for its updates', async () => {
    const { hardenApp } = await import('../../../../src/main/desktop/hardening.ts');
    electron.app.commandLine.appendSwitch.mockClear();
    hardenApp({ looksForUpdates: true });
    expect(electron.app.commandLine.appendSwitch).not.toHaveBeenCalled();
    hardenApp({ looksForUpdates: false });
    expect(electron.app.commandLine.appendSwitch).toHaveBeenCalledWith('host-resolver-rules', 'MAP * ~NOTFOUND');
    const known = new Set(['index.html']);
    expect(pageFileOf('app://holdfast/index.html', known)?.headers['X-DNS-Prefetch-Control']).toBe('off');
  });

  it('12. to 14. refuses at every way out of a page', async () => {
    const { hardenApp } = await import('../../../../src/main/desktop/hardening.ts');
    hardenApp({ looksForUpdates: false });
    const on = new Map<string, (event: { preventDefault: () => void }) => void>();
    let open: ((details: object) => unknown) | null = null;
    electron.handlers.get('web-contents-created')?.(null, {
      on: (name: string, handler: (event: { preventDefault: () => void }) => void) => on.set(name, handler),
      setWebRTCIPHandlingPolicy: () => undefined,
      setWindowOpenHandler: (handler: (details: object) => unknown) => {
        open = handler;
      },
    });
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview']) {
      const preventDefault = vi.fn();
      on.get(name)?.({ preventDefault });
      expect(preventDefault, name).toHaveBeenCalledOnce();
    }
    expect(open).not.toBeNull();
    expect((open as unknown as (details: object) => unknown)({ url: 'app://holdfast/index.html' })).toEqual({
      action: 'deny',
    });
  });

  it('19. does not start packed and open to a debugger', async () => {
    const { isOpenToDebuggers } = await import('../../../../src/main/desktop/hardening.ts');
    expect(isOpenToDebuggers()).toBe(false);
    for (const name of ['remote-debugging-port', 'remote-debugging-pipe']) {
      electron.switches.add(name);
      expect(isOpenToDebuggers()).toBe(true);
      electron.app.isPackaged = false;
      expect(isOpenToDebuggers()).toBe(false);
      electron.app.isPackaged = true;
      electron.switches.clear();
    }
  });

  it('7. and 18. serves its pages under the policy that the panel has, but for its connection', () => {
    const known = new Set(['index.html', 'prompts.html']);
    for (const name of known)
      expect(pageFileOf(`app://holdfast/${name}`, known)?.headers['Content-Security-Policy']).toBe(
        contentSecurityPolicy,
      );
    const without = (policy: string): string => policy.replace(/connect-src [^;]*/, '');
    expect(without(contentSecurityPolicy)).toBe(without(pagePolicy(["'self'", 'ws://127.0.0.1:1'])));
    expect(contentSecurityPolicy).toContain("connect-src 'none'");
    expect(filesWith(/registerSchemesAsPrivileged/)).toEqual(['main/desktop/page-protocol.ts']);
    expect(read('src/main/desktop/page-protocol.ts')).not.toMatch(/bypassCSP|allowServiceWorkers|corsEnabled|stream:/);
    expect(filesWith(/['"`]file:\/\//)).toEqual([]);
  });

  it('15. hands addresses to the system at three places, each behind a check', () => {
    const places = sources.flatMap(({ file, text }) =>
      text
        .split('\n')
        .flatMap((line, at, lines) =>
          line.includes('.openExternal(')
            ? [{ file, before: lines.slice(Math.max(0, at - 12), at + 1).join('\n') }]
            : [],
        ),
    );
    expect(places.map(({ file }) => file)).toEqual([
      'main/desktop/desktop-calls.ts',
      'main/desktop/desktop-calls.ts',
      'main/desktop/shell.ts',
    ]);
    // One is out of a server's words: the engine must know it, and a person must have seen it in the system's box.
    const asked = places.filter(({ before }) => !before.includes('mayOpenOutside('));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.before).toContain('addresses.includes(address)');
    expect(asked[0]?.before).toContain('if (!(await parts.mayOpen(prompt, address))) return { opened: false };');
  });

  it('16. is made of one current version of Electron, by its number', () => {
    const { devDependencies, dependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
    const version = devDependencies?.['electron'] ?? '';
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    // Trays of 43 and 44 are broken on GNOME; older ones get no fixes.
    expect(Number(version.split('.')[0])).toBeGreaterThanOrEqual(45);
    expect(lock.packages['node_modules/electron']?.version).toBe(version);
    // What ships is fixed to the number too.
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies }))
      expect(range, name).toMatch(/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/);
    expect(Object.keys(dependencies ?? {})).toContain('electron-updater');
  });

  it('17. listens to pages at one place, which checks the sender', () => {
    expect(filesWith(/\bipcMain\.(on|once|handle|handleOnce)\(/)).toEqual(['main/desktop/ipc.ts']);
    expect(read('src/main/desktop/ipc.ts').match(/ipcMain\.\w+\(/g)).toEqual([
      'ipcMain.handle(',
      'ipcMain.removeHandler(',
    ]);
    expect(read('src/main/desktop/ipc.ts')).toMatch(/ipcMain\.handle\([^]{0,200}?if \(!isTrusted\(/);
  });

  it('20. gives pages one object of its own making', () => {
    expect(filesWith(/exposeInMainWorld/)).toEqual(['preload/index.ts']);
    expect(read('src/preload/index.ts').match(/exposeInMainWorld\([^)]*\)/g)).toEqual([
      "exposeInMainWorld('holdfast', bridge)",
    ]);
  });
});

describe('the checklist', () => {
  it('has a row for each of its 20 points in docs/security.md, and a test with its number', () => {
    const rows = tableOf(page('docs/security.md'), '#').map((row) => row[0]);
    const numbers = Array.from({ length: 20 }, (_, at) => String(at + 1));
    expect(rows).toEqual(numbers);
    const files = [
      'test/unit/main/desktop/hardening.test.ts',
      'test/e2e/electron/hardening.test.ts',
      'test/e2e/electron/packaging.test.ts',
    ];
    const names = files.flatMap((file) =>
      [...read(file).matchAll(/\bit(?:\.each\([^)]*\))?\(\s*'([^']*)'/g)].map(([, name]) => name ?? ''),
    );
    const tested = names.flatMap((name) => {
      const span = /^(\d+)\. to (\d+)\./.exec(name);
      const first = span
        ? Array.from({ length: Number(span[2]) - Number(span[1]) + 1 }, (_, at) => Number(span[1]) + at)
        : [];
      return [...first, ...[...name.matchAll(/(?:^|and )(\d+)\. /g)].map(([, number]) => Number(number))];
    });
    for (const number of numbers) expect(tested, number).toContain(Number(number));
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { AppImageUpdater } from 'electron-updater';
import { afterEach, describe, expect, it } from 'vitest';
import { lookForUpdate, type Updater, updaterOf, type UpdatesOptions } from '../../../../src/main/desktop/updates.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Updates: nothing happens unless it is switched on and has a feed, and nothing is installed under tunnels that are up without a yes. */

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const require = createRequire(import.meta.url);
const { ElectronHttpExecutor } = require('electron-updater/out/electronHttpExecutor') as {
  ElectronHttpExecutor: new () => object;
};

/** A feed on this machine with one version in it; tells what was fetched of it. */
async function startFeed(version: string, bytes = Buffer.from('a newer Holdfast')) {
  const asked: string[] = [];
  const sha512 = createHash('sha512').update('a newer Holdfast').digest('base64');
  const feed = [
    `version: ${version}`,
    'files:',
    `  - { url: Holdfast.AppImage, sha512: ${sha512}, size: ${bytes.length} }`,
    'path: Holdfast.AppImage',
    `sha512: ${sha512}`,
    "releaseDate: '2026-01-01T00:00:00.000Z'",
  ].join('\n');
  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    asked.push(path);
    if (path === '/latest-linux.yml') response.end(feed);
    else if (path === '/Holdfast.AppImage') response.end(bytes);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** electron-updater itself, with an app and an HTTP client that need no Electron. What it would install is kept instead. */
function updaterFor(url: string): { load: () => Promise<Updater>; installed: string[]; loads: () => number } {
  const folder = tempFolder();
  const installed: string[] = [];
  const app = {
    version: '0.1.0',
    name: 'Holdfast',
    isPackaged: true,
    appUpdateConfigPath: folder.file('app-update.yml'),
    userDataPath: folder.path,
    baseCachePath: folder.path,
    whenReady: () => Promise.resolve(),
    relaunch: () => undefined,
    quit: () => undefined,
    onQuit: () => undefined,
  };
  writeFileSync(app.appUpdateConfigPath, `provider: generic\nurl: ${url}\nupdaterCacheDirName: holdfast\n`);
  const updater = new AppImageUpdater(null, app);
  const createRequest = (to: RequestOptions, onResponse: (response: IncomingMessage) => void) =>
    request(to, onResponse);
  const httpExecutor = Object.assign(new ElectronHttpExecutor(), { createRequest });
  Object.defineProperty(updater, 'httpExecutor', { value: httpExecutor });
  updater.setFeedURL({ provider: 'generic', url });
  updater.quitAndInstall = () => void installed.push('installed');
  let loads = 0;
  return {
    installed,
    loads: () => loads,
    load: () => {
      loads += 1;
      return Promise.resolve(updaterOf(updater));
    },
  };
}

/** An AppImage is only updated where it runs from one. */
function fromAppImage(): void {
  const folder = tempFolder();
  const image = folder.file('Holdfast.AppImage');
  writeFileSync(image, 'an old Holdfast');
  process.env['APPIMAGE'] = image;
  open.push(() => delete process.env['APPIMAGE']);
}

interface Asked {
  readonly options: UpdatesOptions;
  readonly questions: string[];
}

function options(load: () => Promise<Updater>, tunnelsUp: () => number, answers: boolean[] = [], more = {}): Asked {
  const feedFile = tempFolder().file('app-update.yml');
  writeFileSync(feedFile, '');
  const questions: string[] = [];
  return {
    questions,
    options: {
      enabled: true,
      feedFile,
      load,
      tunnelsUp,
      ask: (version, tunnels) => {
        questions.push(`${version} under ${tunnels}`);
        return Promise.resolve(answers.shift() ?? false);
      },
      leave: (install) => install(),
      ...more,
    },
  };
}

describe('updates', () => {
  it('are off by default, and then nothing is loaded', async () => {
    const feed = await startFeed('0.2.0');
    const updater = updaterFor(feed.url);
    expect(await lookForUpdate(options(updater.load, () => 0, [], { enabled: false }).options)).toBe('off');
    expect(await lookForUpdate(options(updater.load, () => 0, [], { feedFile: '/nowhere.yml' }).options)).toBe('off');
    expect(updater.loads()).toBe(0);
    expect(feed.asked).toEqual([]);
    // In what ships the package is asked for only there.
    const bundle = readFileSync(new URL('../../../../out/desktop.js', import.meta.url), 'utf8');
    expect(bundle.match(/["']electron-updater["']/g)).toHaveLength(1);
    expect(bundle).toContain('import("electron-updater")');
  });

  it('leave a version alone that is not newer', async () => {
    fromAppImage();
    const feed = await startFeed('0.1.0');
    const updater = updaterFor(feed.url);
    expect(await lookForUpdate(options(updater.load, () => 0).options)).toBe('current');
    expect(feed.asked).toEqual(['/latest-linux.yml']);
    expect(updater.installed).toEqual([]);
  });

  it('install what is newer if no tunnel is up', async () => {
    fromAppImage();
    const feed = await startFeed('0.2.0');
    const updater = updaterFor(feed.url);
    const { options: given, questions } = options(updater.load, () => 0);
    expect(await lookForUpdate(given)).toBe('installing');
    expect(feed.asked).toContain('/Holdfast.AppImage');
    expect(updater.installed).toEqual(['installed']);
    expect(questions).toEqual([]);
  });

  it('ask first while tunnels are up, and take no for an answer', async () => {
    fromAppImage();
    const feed = await startFeed('0.2.0');
    const updater = updaterFor(feed.url);
    const no = options(updater.load, () => 2, [false]);
    expect(await lookForUpdate(no.options)).toBe('kept');
    expect(no.questions).toEqual(['0.2.0 under 2']);
    expect(updater.installed).toEqual([]);
    const yes = options(updater.load, () => 2, [true]);
    expect(await lookForUpdate(yes.options)).toBe('installing');
    expect(updater.installed).toEqual(['installed']);
  });

  it('ask again if more tunnels came up meanwhile', async () => {
    fromAppImage();
    const feed = await startFeed('0.2.0');
    const updater = updaterFor(feed.url);
    let up = 0;
    const { options: given, questions } = options(updater.load, () => up);
    const later: UpdatesOptions = {
      ...given,
      load: async () => {
        const real = await updater.load();
        // One comes up while it is fetched.
        return { ...real, download: () => real.download().then(() => void (up = 1)) };
      },
      ask: async (version, tunnels) => {
        await given.ask(version, tunnels);
        // And one more under the question.
        up += questions.length === 1 ? 1 : 0;
        return questions.length === 1;
      },
    };
    expect(await lookForUpdate(later)).toBe('kept');
    expect(questions).toEqual(['0.2.0 under 1', '0.2.0 under 2']);
    expect(updater.installed).toEqual([]);
  });

  it('install nothing that is not what the feed says', async () => {
    fromAppImage();
    const feed = await startFeed('0.2.0', Buffer.from('something else..'));
    const updater = updaterFor(feed.url);
    await expect(lookForUpdate(options(updater.load, () => 0).options)).rejects.toThrow(/sha512/);
    expect(updater.installed).toEqual([]);
  });
});

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channels } from '../../../src/main/desktop/ipc-guard.ts';
import { buildApp, DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { until } from '../../support/until.ts';

/** What Electron's processes say on their own stands in the app's log, and nothing else of electron-log is left open. */

let session: DesktopSession;
let app: DesktopApp;

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const logFile = (): string => join(app.profile.logFolder, 'desktop.log');
const lines = (): Line[] =>
  readFileSync(logFile(), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const said = (wanted: (line: Line) => boolean, what: string): Promise<Line> =>
  until(() => lines().find(wanted), { what, timeoutMs: 20_000, seen: () => app.said });

beforeAll(async () => {
  session = await DesktopSession.start();
  session.env['HOLDFAST_TEST_CHANNELS'] = session.folder.file('channels.json');
  app = new DesktopApp(buildApp(), session);
  app.configure('');
  await app.start();
  await app.pageShows('index.html', 'document.readyState === "complete"', 'the page');
}, 120_000);

afterAll(async () => {
  await app?.kill();
  await session?.stop();
});

describe.skipIf(noElectron !== null)('the log of the app', () => {
  it('has what a page says on its console, cut, without secrets, and not without end', async () => {
    await app.inPage('index.html', `console.warn('a page said this, password=hunter2-of-the-page')`);
    const line = await said(({ msg }) => msg.startsWith('a page said this'), 'the words of the page');
    expect(line).toMatchObject({
      level: 'warn',
      source: 'page',
      page: expect.stringContaining('app://holdfast/index.html'),
    });
    expect(readFileSync(logFile(), 'utf8')).not.toContain('hunter2-of-the-page');

    await app.inPage('index.html', `console.error('long ' + 'x'.repeat(100000))`);
    const long = await said(({ msg }) => msg.startsWith('long x'), 'the long line');
    expect(long.msg.length).toBeLessThan(5000);

    await app.inPage('index.html', `for (let i = 0; i < 1000; i += 1) console.log('again ' + i)`);
    await said(({ msg }) => msg === 'again 0', 'the first of many');
    // The last one is behind all others in the pipe, and so is what comes of it.
    await app.inPage('index.html', 'new Promise((done) => setTimeout(done, 0))');
    expect(lines().filter(({ msg }) => msg.startsWith('again ')).length).toBeLessThanOrEqual(60);
  });

  it('has what the main process says on its console; it listens to the two channels of the bridge alone', async () => {
    const file = session.folder.file('channels.json');
    process.kill(app.pid, 'SIGUSR2');
    await until(() => existsSync(file), { what: 'the list of channels', seen: () => app.said });
    const open = JSON.parse(readFileSync(file, 'utf8')) as string[];
    // `error` is Electron's own: a message of that name would throw without a listener.
    expect(open.filter((name) => name !== 'error').toSorted()).toEqual([channels.call, channels.desktop].toSorted());
    const line = await said(({ msg }) => msg === 'The channels were listed', 'the words of the main process');
    expect(line).toMatchObject({ level: 'warn', source: 'main' });
    expect(await said(({ msg }) => msg === 'A warning of Node', 'the warning')).toMatchObject({ level: 'warn' });
  });

  it('has the page that crashed, with its reason, and why there is no window', async () => {
    const [renderer] = await app.pageProcesses();
    if (renderer === undefined) throw new Error('no page process');
    process.kill(renderer, 'SIGKILL');
    const gone = await said(({ msg }) => msg === 'The process of a page ended', 'the page that is gone');
    expect(gone).toMatchObject({ level: 'error', reason: expect.stringMatching(/killed|crashed/) });
    expect(await said(({ msg }) => msg === 'The window cannot be shown', 'why there is no window')).toHaveProperty(
      'reason',
    );
  });

  it('has the process of the graphics that ended', async () => {
    const [gpu] = await app.processes('GPU');
    if (gpu === undefined) throw new Error('no process for graphics');
    process.kill(gpu, 'SIGKILL');
    await said(({ msg }) => msg === 'A process of Electron ended', 'the process that is gone');
  });

  it('is the only file of it, and for its owner alone', () => {
    expect(statSync(logFile()).mode & 0o777).toBe(0o600);
    for (const place of ['logs/main.log', '.config/Holdfast/logs/main.log', '.config/holdfast/logs/main.log'])
      expect(existsSync(session.folder.file(place))).toBe(false);
    expect(existsSync(join(app.profile.stateFolder, 'desktop', 'logs'))).toBe(false);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, type BuiltApp, DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { TrayReader } from '../../support/desktop/tray.ts';
import { sendAndRead, startEcho } from '../../support/lines-server.ts';
import { canUsePam, startPamSshd, type TestPamSshd, whyNoPam } from '../../support/pam-sshd.ts';
import { freePort } from '../../support/processes.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { until } from '../../support/until.ts';

/** Questions in windows of their own, in a real Electron: they come alone, and their answers reach the engine. */

let built: BuiltApp;
let session: DesktopSession;
let server: TestSshd;
let echo: { port: number; stop(): Promise<void> };
const open: { dispose(): Promise<void> | void }[] = [];

beforeAll(async () => {
  built = buildApp();
  session = await DesktopSession.start();
  server = await startSshd();
  echo = await startEcho();
}, 120_000);

afterEach(async () => {
  for (const item of open.splice(0).toReversed()) await item.dispose();
});

afterAll(async () => {
  await session?.stop();
  await server?.stop();
  await echo?.stop();
});

function host(name: string, on: TestSshd, extra: string, knownHosts: string): string {
  return `[hosts.${name}]
address = "127.0.0.1"
port = ${on.port}
user = "${on.user}"
agent = false
known-hosts = ["${knownHosts}"]
${extra}
`;
}

function tunnel(name: string, hostName: string, port: number): string {
  return `[tunnels.${name}]
host = "${hostName}"
start = "manual"
forwards = ["local 127.0.0.1:${port} -> 127.0.0.1:${echo.port}"]
`;
}

function newApp(): DesktopApp {
  const app = new DesktopApp(built, session);
  open.push({ dispose: () => app.kill() });
  return app;
}

async function shownTray(label: string): Promise<TrayReader> {
  const tray = new TrayReader(session);
  await until(() => tray.labels().some((found) => found.startsWith(label)), { what: `${label} in the tray menu` });
  return tray;
}

/** Input counts 400 ms after a question came into view; then a click on the button with this text. */
async function press(app: DesktopApp, button: string): Promise<void> {
  await app.inPage(
    'prompts.html',
    `new Promise((resolve, reject) => setTimeout(() => {
      const found = [...document.querySelectorAll('button')].find((b) => b.textContent.replace('’', "'").trim() === ${JSON.stringify(button)});
      if (!found) return reject(new Error(document.body.innerText));
      found.click();
      resolve(true);
    }, 600))`,
  );
}

const type = (app: DesktopApp, text: string): Promise<unknown> =>
  app.inPage(
    'prompts.html',
    `(() => { const field = document.querySelector('input[data-answer]');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(text)});
      field.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`,
  );

const knock = (port: number): Promise<string> => sendAndRead(`127.0.0.1:${port}`, 'hello\n');

describe.skipIf(noElectron !== null)('a host key at first contact', () => {
  it('is asked in a window that comes alone; trusting it lets the tunnel up and is remembered', async () => {
    const app = newApp();
    const port = await freePort();
    const knownHosts = join(app.folder, 'known_hosts_1');
    app.configure(host('box', server, `identity = ["${server.clientKey}"]`, knownHosts) + tunnel('first', 'box', port));
    await app.start(['--hidden']);
    const tray = await shownTray('first');
    tray.click('first');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("Is this really box?")', 'the question');
    await until(() => session.visibleWindows().length > 0, { what: 'its window' });
    expect((await app.pages()).map((url) => url.split(/[?#]/)[0])).toEqual(['app://holdfast/prompts.html']);
    await until(() => tray.labels().includes('Review host key of box...'), { what: 'the entry in the tray' });
    expect(await app.inPage('prompts.html', 'innerWidth')).toBe(542);

    await press(app, 'Trust and remember');
    await app.reach('first', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    expect(readFileSync(knownHosts, 'utf8')).toContain(`[127.0.0.1]:${server.port}`);
    await app.pageShows('prompts.html', 'document.hidden === true || true', 'the page to stay');
    await until(async () => !(await app.pages()).some((url) => url.includes('index.html')), {
      what: 'no other window',
    });
    await until(() => !session.visibleWindows().includes('Holdfast'), { what: 'the window to hide' });
  });

  it('is not connected to when refused', async () => {
    const app = newApp();
    const port = await freePort();
    const knownHosts = join(app.folder, 'known_hosts_2');
    app.configure(
      host('box', server, `identity = ["${server.clientKey}"]`, knownHosts) + tunnel('second', 'box', port),
    );
    await app.start(['--hidden']);
    (await shownTray('second')).click('second');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("Is this really box?")', 'the question');
    await press(app, "Don't connect");
    const row = await app.reach('second', ({ state }) => state.kind === 'dead', 'the tunnel to give up');
    expect(row.state.kind === 'dead' && row.state.cause.code).toBe('host-key-refused');
  });
});

describe.skipIf(noElectron !== null || !canUsePam())(`codes and passwords ${whyNoPam() ?? ''}`, () => {
  it('asks for a code in a window of its own while another tunnel works on', async () => {
    const pam: TestPamSshd = await startPamSshd();
    open.push({ dispose: () => pam.stop() });
    const app = newApp();
    const [plain, coded] = [await freePort(), await freePort()];
    const knownHosts = join(app.folder, 'known_hosts_3');
    app.configure(
      `${host('box', server, `identity = ["${server.clientKey}"]\nhost-key-policy = "accept-new"`, knownHosts)}${host('pam', pam, 'host-key-policy = "accept-new"', knownHosts)}${tunnel('plain', 'box', plain)}${tunnel('coded', 'pam', coded)}`,
    );
    await app.start(['--hidden']);
    const tray = await shownTray('coded');
    tray.click('plain');
    await app.reach('plain', ({ state }) => state.kind === 'running', 'the plain tunnel to run');
    tray.click('coded');
    await app.pageShows('prompts.html', '!!document.querySelector("input[data-answer]")', 'the field for the code');
    expect(await knock(plain)).toBe('hello\n');
    expect((await app.status()).find(({ name }) => name === 'plain')?.state.kind).toBe('running');
    await type(app, pam.nextCode());
    await press(app, 'Sign in');
    await app.reach('coded', ({ state }) => state.kind === 'running', 'the tunnel with the code to run');
    expect(await knock(coded)).toBe('hello\n');
  });

  it('keeps a password in the keyring and uses it at the next start', async () => {
    const pam = await startPamSshd({ rounds: ['password'], passwordMethod: true });
    open.push({ dispose: () => pam.stop() });
    const app = newApp();
    const port = await freePort();
    const knownHosts = join(app.folder, 'known_hosts_4');
    app.configure(host('pam', pam, 'host-key-policy = "accept-new"', knownHosts) + tunnel('kept', 'pam', port));
    await app.start(['--hidden']);
    (await shownTray('kept')).click('kept');
    await app.pageShows('prompts.html', '!!document.querySelector("input[data-answer]")', 'the field for the password');
    await type(app, pam.password);
    await app.inPage(
      'prompts.html',
      'document.querySelector("input[type=checkbox]").checked || document.querySelector("input[type=checkbox]").click(), true',
    );
    await press(app, 'Sign in');
    await app.reach('kept', ({ state }) => state.kind === 'running', 'the tunnel to run');
    const { tookMs, code, left } = await app.ended(() => process.kill(app.pid, 'SIGTERM'));
    expect(tookMs).toBeLessThan(5000);
    expect(code).toBe(0);
    expect(left).toEqual([]);

    await app.start(['--hidden']);
    await app.reach('kept', () => true, 'the engine to have read its tunnels');
    await app.ask((client) => client.call('up', { names: ['kept'], all: false }));
    await app.reach('kept', ({ state }) => state.kind === 'running', 'the tunnel to run without a question');
    expect(await app.pages()).toEqual([]);
    expect(readFileSync(app.configFile, 'utf8')).not.toContain(pam.password);
  });

  it('ends in time while the keyring does not answer', async () => {
    const pam = await startPamSshd({ rounds: ['password'], passwordMethod: true });
    open.push({ dispose: () => pam.stop() });
    const app = newApp();
    const knownHosts = join(app.folder, 'known_hosts_5');
    app.configure(
      host('pam', pam, 'host-key-policy = "accept-new"', knownHosts) + tunnel('stuck', 'pam', await freePort()),
    );
    await app.start(['--hidden']);
    await app.reach('stuck', () => true, 'the engine to have read its tunnels');
    await app.ask((client) => client.call('secret.set', { host: 'pam', kind: 'password', value: pam.password }));
    session.freezeKeyring(true);
    open.push({ dispose: () => session.freezeKeyring(false) });
    await app.ask((client) => client.call('up', { names: ['stuck'], all: false }));
    await app.reach('stuck', ({ state }) => state.kind === 'starting' && state.phase === 'auth', 'the login to begin');
    const { tookMs, left } = await app.ended(() => process.kill(app.pid, 'SIGTERM'));
    expect(tookMs).toBeLessThan(5000);
    expect(left).toEqual([]);
  });
});

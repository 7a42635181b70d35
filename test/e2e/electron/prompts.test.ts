import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noElectron } from '../../support/desktop/app.ts';
import { desktopScene, knock, press, type } from '../../support/desktop/scene.ts';
import { withoutPage } from '../../support/desktop/broken-app.ts';
import { canUsePam, startPamSshd, type TestPamSshd, whyNoPam } from '../../support/pam-sshd.ts';
import { freePort } from '../../support/processes.ts';
import { startSshd } from '../../support/sshd.ts';
import { until } from '../../support/until.ts';

/** Questions in windows of their own, in a real Electron: they come alone, and their answers reach the engine. */

const scene = desktopScene();
const acceptNew = { extra: 'host-key-policy = "accept-new"' };

describe.skipIf(noElectron !== null)('a host key at first contact', () => {
  it('is asked in a window that comes alone; trusting it lets the tunnel up and is remembered', async () => {
    const app = scene().newApp();
    const port = await freePort();
    app.configure(scene().host(app, 'box') + scene().tunnel('first', 'box', port));
    await app.start(['--hidden']);
    const tray = await scene().tray('first');
    await tray.click('first');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("Is this really box?")', 'the question');
    await until(() => scene().session.visibleWindows().length > 0, { what: 'its window' });
    expect((await app.pages()).map((url) => url.split(/[?#]/)[0])).toEqual(['app://holdfast/prompts.html']);
    await until(() => tray.labels().includes('Review host key of box...'), { what: 'the entry in the tray' });
    expect(await app.inPage('prompts.html', 'innerWidth')).toBe(542);

    await press(app, 'Trust and remember');
    await app.reach('first', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    expect(readFileSync(join(app.folder, 'known_hosts_box'), 'utf8')).toContain(`[127.0.0.1]:${scene().server.port}`);
    await app.pageShows('prompts.html', 'document.hidden === true || true', 'the page to stay');
    await until(async () => !(await app.pages()).some((url) => url.includes('index.html')), {
      what: 'no other window',
    });
    await until(() => !scene().session.visibleWindows().includes('Holdfast'), { what: 'the window to hide' });
  });

  it('is not connected to when refused', async () => {
    const app = scene().newApp();
    const port = await freePort();
    app.configure(scene().host(app, 'box') + scene().tunnel('second', 'box', port));
    await app.start(['--hidden']);
    await (await scene().tray('second')).click('second');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("Is this really box?")', 'the question');
    await press(app, "Don't connect");
    const row = await app.reach('second', ({ state }) => state.kind === 'dead', 'the tunnel to give up');
    expect(row.state.kind === 'dead' && row.state.cause.code).toBe('host-key-refused');
  });
});

describe.skipIf(noElectron !== null)('a changed host key', () => {
  it('is reviewed from the tray, replaced only after its fingerprint was given, and the tunnel comes up', async () => {
    const server = await startSshd({ freshHostKeys: true });
    scene().own({ dispose: () => server.stop() });
    const app = scene().newApp();
    const port = await freePort();
    const extra = `identity = ["${server.clientKey}"]`;
    app.configure(scene().host(app, 'nas', { server, trusted: true, extra }) + scene().tunnel('backup', 'nas', port));
    const before = server.fingerprint();
    server.replaceHostKeys();
    await server.restart();
    await app.start(['--hidden']);
    const tray = await scene().tray('backup');
    await tray.click('backup');
    const row = await app.reach('backup', ({ state }) => state.kind === 'dead', 'the tunnel to stop at the key');
    expect(row.state.kind === 'dead' && row.state.cause.code).toBe('host-key-changed');
    expect(await app.pages()).toEqual([]);

    await until(() => tray.labels().includes('Review backup...'), { what: 'the entry in the tray' });
    await tray.click('Review backup...');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("not showing the key you trust")', 'the key');
    expect((await app.pages()).map((url) => url.split(/[?#]/)[0])).toEqual(['app://holdfast/prompts.html']);
    const shown = String(await app.inPage('prompts.html', 'document.body.innerText.replaceAll(" ", "")'));
    for (const fingerprint of [before, server.fingerprint()]) expect(shown).toContain(fingerprint.slice(7));
    const canReplace =
      '![...document.querySelectorAll("button")].find((b) => b.textContent === "Replace key and connect").disabled';
    expect(await app.inPage('prompts.html', canReplace)).toBe(false);
    await press(app, 'Keep refusing');
    await until(() => !scene().session.visibleWindows().includes('Holdfast'), { what: 'the window to hide' });
    expect((await app.status())[0]?.state.kind).toBe('dead');

    await tray.click('Review backup...');
    await type(app, server.fingerprint(), 'input[placeholder^="SHA256"]');
    await app.pageShows('prompts.html', canReplace, 'the button to replace');
    await press(app, 'Replace key and connect');
    await app.reach('backup', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    await until(() => !tray.labels().includes('Review backup...'), { what: 'the entry to go' });
    const trusted = readFileSync(join(app.folder, 'known_hosts_nas'), 'utf8');
    expect(trusted).toContain(server.hostKeys.ed25519?.split(' ')[1]);
  });
});

describe.skipIf(noElectron !== null)('a window of questions that cannot load', () => {
  it('asks for the host key in a message box of the system, where Esc refuses', async () => {
    const built = withoutPage(scene().built, 'prompts.html');
    const app = scene().newApp({ built });
    const port = await freePort();
    app.configure(scene().host(app, 'box') + scene().tunnel('boxed', 'box', port));
    await app.start(['--hidden']);
    const tray = await scene().tray('boxed');
    const { session } = scene();
    const isAsked = (): boolean => session.activeWindow() === 'Holdfast';
    await tray.click('boxed');
    await until(isAsked, { what: 'the message box', timeoutMs: 20_000 });
    session.press('Escape');
    // Electron 9 tells the answer with its next event only, which takes some seconds to come.
    await app.reach('boxed', ({ state }) => state.kind === 'dead', 'the tunnel to give up');
    const isLogged = (): boolean => app.said.includes('The window of questions cannot be shown; boxes ask instead');
    await until(isLogged, { what: 'the reason in the log', seen: () => app.said });

    // Its switch is still on: off, and on again. A click on a row that is just being replaced is lost.
    const gaveUp = (label: string): boolean => label.startsWith('boxed') && label.includes('gave up');
    await until(() => tray.labels().some(gaveUp), { what: 'the menu to show it', seen: () => tray.labels() });
    await tray.click('boxed');
    await app.reach('boxed', ({ state }) => state.kind === 'stopped', 'the tunnel to be off');
    await until(() => tray.labels().includes('boxed'), { what: 'the switch to be off' });
    await tray.click('boxed');
    await until(isAsked, { what: 'the message box again', timeoutMs: 20_000 });
    // Don't connect, Trust this time, Trust and remember.
    session.press('Tab', 'Tab', 'Return');
    await app.reach('boxed', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    expect(readFileSync(join(app.folder, 'known_hosts_box'), 'utf8')).toContain(`:${scene().server.port}`);
  });
});

describe.skipIf(noElectron !== null)('a page of questions that fails while it asks', () => {
  it('gives way to a message box', async () => {
    const app = scene().newApp();
    const port = await freePort();
    app.configure(scene().host(app, 'box') + scene().tunnel('failing', 'box', port));
    await app.start(['--hidden']);
    const tray = await scene().tray('failing');
    await tray.click('failing');
    await app.pageShows('prompts.html', 'document.body.innerText.includes("Is this really box?")', 'the question');
    // What the page says when it could not be drawn.
    await app
      .inPage(
        'prompts.html',
        'window.holdfast.desktop("desktop.page-failed", { page: "prompts", message: "no such key" })',
      )
      .catch(() => undefined);
    await until(
      () => scene().session.activeWindow() === 'Holdfast' && app.pages().then((pages) => pages.length === 0),
      {
        what: 'the message box in place of the page',
      },
    );
    scene().session.press('Tab', 'Return');
    await app.reach('failing', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    expect(readFileSync(join(app.profile.logFolder, 'desktop.log'), 'utf8')).toContain('no such key');
  });
});

describe.skipIf(noElectron !== null || !canUsePam())(`codes and passwords ${whyNoPam() ?? ''}`, () => {
  it('asks for a code in a window of its own while another tunnel works on', async () => {
    const pam: TestPamSshd = await startPamSshd();
    scene().own({ dispose: () => pam.stop() });
    const app = scene().newApp();
    const [plain, coded] = [await freePort(), await freePort()];
    const pamHost = scene().host(app, 'pam', { server: pam, ...acceptNew });
    app.configure(
      scene().host(app, 'box', acceptNew) +
        pamHost +
        scene().tunnel('plain', 'box', plain) +
        scene().tunnel('coded', 'pam', coded),
    );
    await app.start(['--hidden']);
    const tray = await scene().tray('coded');
    await tray.click('plain');
    await app.reach('plain', ({ state }) => state.kind === 'running', 'the plain tunnel to run');
    await tray.click('coded');
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
    scene().own({ dispose: () => pam.stop() });
    const app = scene().newApp();
    const port = await freePort();
    app.configure(scene().host(app, 'pam', { server: pam, ...acceptNew }) + scene().tunnel('kept', 'pam', port));
    await app.start(['--hidden']);
    await (await scene().tray('kept')).click('kept');
    await app.pageShows('prompts.html', '!!document.querySelector("input[data-answer]")', 'the field for the password');
    await type(app, pam.password);
    const remember =
      '[...document.querySelectorAll("label")].find((l) => l.textContent.includes("Remember in the keychain"))';
    await app.pageShows('prompts.html', `!!${remember}`, 'the offer to remember it');
    await app.inPage('prompts.html', `${remember}.click(), true`);
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

  it('closes the vault when the screen is locked, if that is wanted; what is up stays up', async () => {
    const pam = await startPamSshd({ rounds: ['password'], passwordMethod: true });
    scene().own({ dispose: () => pam.stop() });
    const { session } = scene();
    const app = scene().newApp();
    const port = await freePort();
    app.configure(
      `[settings]\nsecret-store = "vault"\n${scene().host(app, 'pam', { server: pam, ...acceptNew })}${scene().tunnel('guarded', 'pam', port)}`,
    );
    await app.start();
    await app.pageShows('index.html', 'document.body.innerText.includes("guarded")', 'the window');
    await app.ask(async (client) => {
      await client.call('vault.unlock', { passphrase: 'open sesame', create: true });
      await client.call('secret.set', { host: 'pam', kind: 'password', value: pam.password });
    });
    const act = (name: string): Promise<unknown> =>
      app.inPage('index.html', `window.holdfast.call(${JSON.stringify(name)}, { names: ['guarded'], all: false })`);
    const runs = (): Promise<unknown> => app.reach('guarded', ({ state }) => state.kind === 'running', 'it to run');

    // Not asked for: the vault stays open over a lock of the screen.
    session.lockScreen(true);
    await act('up');
    await runs();
    await app.inPage('index.html', 'window.holdfast.desktop("desktop.set", { lockWithScreen: true })');
    const logged = (): string => readFileSync(join(app.profile.logFolder, 'engine.log'), 'utf8');
    await until(
      () => {
        // Until its watcher hears.
        session.lockScreen(false);
        session.lockScreen(true);
        return logged().includes('unlocked keys are forgotten');
      },
      { what: 'the engine to forget' },
    );
    expect(await knock(port)).toBe('hello\n');

    await act('restart');
    await app.pageShows('prompts.html', '!!document.querySelector("input[data-answer]")', 'the field for the password');
    await type(app, pam.password);
    await press(app, 'Sign in');
    await runs();
  });

  it('ends in time while the keyring does not answer', async () => {
    const pam = await startPamSshd({ rounds: ['password'], passwordMethod: true });
    scene().own({ dispose: () => pam.stop() });
    const app = scene().newApp();
    const port = await freePort();
    app.configure(scene().host(app, 'pam', { server: pam, ...acceptNew }) + scene().tunnel('stuck', 'pam', port));
    await app.start(['--hidden']);
    await app.reach('stuck', () => true, 'the engine to have read its tunnels');
    await app.ask((client) => client.call('secret.set', { host: 'pam', kind: 'password', value: pam.password }));
    scene().session.freezeKeyring(true);
    scene().own({ dispose: () => scene().session.freezeKeyring(false) });
    await app.ask((client) => client.call('up', { names: ['stuck'], all: false }));
    await app.reach('stuck', ({ state }) => state.kind === 'starting' && state.phase === 'auth', 'the login to begin');
    const { tookMs, left } = await app.ended(() => process.kill(app.pid, 'SIGTERM'));
    expect(tookMs).toBeLessThan(5000);
    expect(left).toEqual([]);
  });
});

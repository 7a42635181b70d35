import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthContext } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { noElectron } from '../../support/desktop/app.ts';
import { desktopScene } from '../../support/desktop/scene.ts';
import { startLoginServer } from '../../support/login-server.ts';
import { freePort } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

/** A login that is finished in the browser, in a real Electron: its address is opened only after the system's own box has shown it. */

const scene = desktopScene();
const address = 'https://login.example.org/headless/7f5e0a3c-9b1d-4c7e-a2f4-0d6b8e1c5a90';

describe.skipIf(noElectron !== null)('an address in the words of a server', () => {
  it('is opened by the system once a person has seen it in full, and no other is', async () => {
    const { session } = scene();
    const programs = session.folder.file('browser');
    mkdirSync(programs);
    const openedFile = session.folder.file('opened');
    writeFileSync(join(programs, 'xdg-open'), `#!/bin/sh\necho "$1" >> '${openedFile}'\n`);
    chmodSync(join(programs, 'xdg-open'), 0o755);
    session.env['PATH'] = `${programs}:${session.env['PATH'] ?? ''}`;
    const opened = (): string => (existsSync(openedFile) ? readFileSync(openedFile, 'utf8') : '');

    const waiting: AuthContext[] = [];
    const server = await startLoginServer((context, tools) => {
      tools.banner(`To sign in, visit ${address}\r\n`);
      waiting.push(context);
    });
    scene().own({ dispose: () => server.stop() });
    const app = scene().newApp();
    const knownHosts = join(app.folder, 'known_hosts_box');
    writeFileSync(knownHosts, `${server.knownHostsLine}\n`, { mode: 0o600 });
    app.configure(
      `[hosts.box]\naddress = "127.0.0.1"\nport = ${server.port}\nuser = "me"\nagent = false\nknown-hosts = ["${knownHosts}"]\n` +
        scene().tunnel('db', 'box', await freePort()),
    );
    await app.start(['--hidden']);
    const tray = await scene().tray('db');
    await tray.click('db');
    await app.pageShows('prompts.html', `document.body.innerText.includes(${JSON.stringify(address)})`, 'the question');
    await until(() => tray.labels().includes('Finish the login at box...'), { what: 'the entry in the tray' });

    const call = (input: object): string =>
      `window.holdfast.desktop('desktop.open-login', ${JSON.stringify(input)}).then((r) => JSON.stringify(r))`;
    const id = String(
      await app.inPage('prompts.html', `window.holdfast.call('prompts', {}).then((r) => r.output[0].id)`),
    );
    for (const input of [
      { promptId: id, address: 'https://evil.example/' },
      { promptId: '99', address },
      { promptId: id, address: 'file:///etc/passwd' },
    ])
      expect(await app.inPage('prompts.html', call(input))).toContain('"code":"not-found"');

    // Escape: not opened. Electron 9 tells the answer with its next event only.
    const boxShown = (): boolean => session.activeWindow() === 'Holdfast' && session.visibleWindows().length > 1;
    const ask = (): Promise<unknown> =>
      app.inPage(
        'prompts.html',
        `(globalThis.said = ${call({ promptId: id, address })}.then((r) => (globalThis.answer = r)), true)`,
      );
    await ask();
    await until(boxShown, { what: 'the box', timeoutMs: 20_000, seen: () => session.visibleWindows() });
    expect(opened()).toBe('');
    session.press('Escape');
    await app.pageShows(
      'prompts.html',
      `(globalThis.answer ?? '').includes('"opened":false')`,
      'that it was not opened',
    );
    expect(opened()).toBe('');

    await app.inPage('prompts.html', 'globalThis.answer = undefined');
    await ask();
    await until(boxShown, { what: 'the box again', timeoutMs: 20_000, seen: () => session.visibleWindows() });
    session.press('Tab', 'Return');
    await until(() => opened() !== '', { what: 'the address to be opened', timeoutMs: 20_000 });
    expect(opened()).toBe(`${address}\n`);

    for (const context of waiting.splice(0)) context.accept();
    await app.reach('db', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(server.connections()).toBe(1);
  });
});

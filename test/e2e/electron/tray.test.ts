import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { desktopScene, knock } from '../../support/desktop/scene.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { freePort } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

/** The app in a real Electron on a real desktop without a screen: its tray, its life, its place at login. */

const scene = desktopScene();

/** One trusted tunnel `web` on a free port, not started. */
async function tunnelApp(extra = '', on?: DesktopSession): Promise<{ app: DesktopApp; port: number }> {
  const app = scene().newApp(on === undefined ? {} : { on });
  const port = await freePort();
  app.configure(
    scene().host(app, 'box', { trusted: true }) + scene().tunnel('web', 'box', port, 'group = "work"') + extra,
  );
  return { app, port };
}

describe.skipIf(noElectron !== null)('the tray', () => {
  it('toggles a tunnel, which brings bytes, and tells its state', async () => {
    const { app, port } = await tunnelApp();
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    await until(() => tray.labels()[0] === '1 tunnel, all off' || tray.labels()[0] === '1 tunnel, off', {
      what: 'the summary of one tunnel that is off',
      seen: () => tray.labels(),
    });
    expect(tray.items()).toHaveLength(1);
    expect(tray.labels()).toContain('work');
    expect(tray.menu().find(({ label }) => label === 'web')?.checked).toBe(false);

    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    await until(() => tray.labels()[0] === '1 of 1 up', { what: 'the summary to follow', seen: () => tray.labels() });
    expect(tray.menu().find(({ label }) => label === 'web')?.checked).toBe(true);
    expect(tray.labels()).toContain(`web: 127.0.0.1:${port}`);

    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'stopped', 'the tunnel to stop');
    await until(() => tray.labels()[0] === '1 tunnel, off', { what: 'the summary of off', seen: () => tray.labels() });
  });

  it('asks before it stops production, and keeps it up if told so', async () => {
    const { app } = await tunnelApp('\nproduction = true\n');
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    const { session } = scene();
    const isAsked = (): boolean => session.activeWindow() === 'Holdfast';
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    await until(() => tray.labels()[0] === '1 of 1 up', { what: 'the menu to follow', seen: () => tray.labels() });
    await tray.click('web');
    await until(isAsked, { what: 'the question' });
    session.press('Escape');
    await until(() => !isAsked(), { what: 'the question to go' });
    expect((await app.status())[0]?.state.kind).toBe('running');

    await tray.click('web');
    await until(isAsked, { what: 'the question again' });
    session.press('Tab', 'Return');
    // Electron 9 tells an answer with its next event only, which takes some seconds to come.
    await app.reach('web', ({ state }) => state.kind === 'stopped', 'the tunnel to stop');
  });

  it('starts hidden, and a second launch shows the window', async () => {
    const { app } = await tunnelApp();
    await app.start(['--hidden']);
    await scene().tray('web');
    expect(await app.pages()).toEqual([]);

    const second = app.launch(['--hidden']);
    await second.exited;
    expect(second.child.exitCode).toBe(0);
    await app.pageShows('index.html', 'document.body.innerText.includes("web")', 'the window with the tunnel');
    await until(() => scene().session.visibleWindows().includes('Holdfast'), { what: 'the window on the screen' });
  });

  it('closes the window to the tray and opens it again from there', async () => {
    const { app } = await tunnelApp();
    await app.start();
    const tray = await scene().tray('web');
    await until(() => scene().session.visibleWindows().includes('Holdfast'), { what: 'the window on the screen' });
    scene().session.press('alt+F4');
    await until(() => !scene().session.visibleWindows().includes('Holdfast'), { what: 'the window to hide' });
    expect(app.hasEnded).toBe(false);
    await tray.click('Open Holdfast');
    await until(() => scene().session.visibleWindows().includes('Holdfast'), { what: 'the window to come back' });
  });
});

describe.skipIf(noElectron !== null)('the end', () => {
  it('quits from the tray with a live tunnel within 5 s and leaves nothing', async () => {
    const { app, port } = await tunnelApp();
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    await until(() => tray.labels().includes('Quit and close 1 tunnel'), {
      what: 'the entry that says what it closes',
    });
    const { tookMs, code, left } = await app.ended(() => tray.clickNow('Quit and close 1 tunnel'));
    expect(tookMs).toBeLessThan(5000);
    expect(code).toBe(0);
    expect(left).toEqual([]);
    expect(existsSync(app.profile.socketPath)).toBe(false);
    await expect(knock(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('asks before it quits under a connected program, and stays if told so', async () => {
    const { app, port } = await tunnelApp();
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    const client = createConnection({ host: '127.0.0.1', port });
    scene().own({ dispose: () => void client.destroy() });
    client.on('error', () => undefined);
    await app.reach('web', ({ forwards }) => forwards[0]?.clients === 1, 'the client to count');
    await until(() => tray.labels().includes('Quit and close 1 tunnel'), {
      what: 'the entry that says what it closes',
    });
    const isAsked = (): boolean => scene().session.activeWindow() === 'Holdfast';
    await tray.click('Quit and close 1 tunnel');
    await until(isAsked, { what: 'the question' });
    // Esc is the safe answer.
    scene().session.press('Escape');
    await until(() => !isAsked(), { what: 'the question to go' });
    expect(app.hasEnded).toBe(false);
    expect((await app.status())[0]?.state.kind).toBe('running');

    // Electron 9 tells the answer with its next event only, and meanwhile a click finds it asking.
    const askAgain = (): boolean => {
      tray.clickNow('Quit and close 1 tunnel');
      return isAsked();
    };
    await until(askAgain, { what: 'the question again' });
    // Electron 9 may take seconds to tell the answer; from then on the time counts.
    const { goneAtMs, code } = await app.ended(() => scene().session.press('Tab', 'Return'));
    const told = /"t":"([^"]+)"[^\n]*The app ends/.exec(
      readFileSync(join(app.profile.logFolder, 'desktop.log'), 'utf8'),
    );
    expect(goneAtMs - Date.parse(told?.[1] ?? '')).toBeLessThan(5000);
    expect(code).toBe(0);
  });

  it('ends by a signal without asking', async () => {
    const { app } = await tunnelApp('');
    await app.start(['--hidden']);
    const { tookMs, code, left } = await app.ended(() => process.kill(app.pid, 'SIGTERM'));
    expect(tookMs).toBeLessThan(5000);
    expect(code).toBe(0);
    expect(left).toEqual([]);
  });
});

describe.skipIf(noElectron !== null)('power and losses', () => {
  it('reconnects at once after sleep', async () => {
    const { app, port } = await tunnelApp();
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    // The link dies unseen while the machine sleeps: no packet says so, and by itself it would be found out after a minute.
    scene().session.prepareForSleep(true);
    scene().server.killSessions('SIGSTOP');
    scene().session.prepareForSleep(false);
    await app.reach('web', ({ reconnects, state }) => reconnects > 0 && state.kind === 'running', 'the tunnel to heal');
    scene().server.killSessions('SIGKILL');
    await app.reach('web', ({ reconnects, state }) => reconnects > 0 && state.kind === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
  });

  it('skips the wait for the next try after sleep', async () => {
    const { app } = await tunnelApp('\n[settings]\nbackoff-first = "1h"\nbackoff-cap = "1h"\n');
    await scene().server.kill();
    await app.start(['--hidden']);
    await (await scene().tray('web')).click('web');
    await app.reach('web', ({ state }) => state.kind === 'retrying', 'the tunnel to wait');
    await scene().server.restart();
    scene().session.prepareForSleep(true);
    scene().session.prepareForSleep(false);
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run without its wait');
  });

  it('tells a loss by a notification, and the return', async () => {
    const { app } = await tunnelApp();
    await app.start(['--hidden']);
    const tray = await scene().tray('web');
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
    const seen = scene().session.watchNotifications();
    // The policy of the test build wants it up for half a second, and down for another half.
    await app.reach(
      'web',
      ({ state }) => state.kind === 'running' && Date.now() - state.sinceMs > 700,
      'the tunnel to have been up for a while',
    );
    await scene().server.kill();
    await until(() => seen.text().includes('web is down'), {
      what: 'a notification of the loss',
      timeoutMs: 20_000,
      seen: seen.text,
    });
    await scene().server.restart();
    await app.ask((client) => client.call('now', { names: [], all: true }));
    await until(() => seen.text().includes('web is back'), {
      what: 'a notification of the return',
      timeoutMs: 20_000,
      seen: seen.text,
    });
    expect(seen.text().match(/web is down/g)).toHaveLength(1);

    // A click on it opens the window at this tunnel.
    expect(await app.pages()).toEqual([]);
    await until(async () => scene().session.clickNotification() && (await app.pages()).length > 0, {
      what: 'the window to open by a click on the notification',
      timeoutMs: 20_000,
    });
    await app.pageShows('index.html', 'location.hash === "#/tunnels/web"', 'the place of the tunnel');
  });
});

describe.skipIf(noElectron !== null)('start at login', () => {
  it('writes, reads and removes the autostart entry', async () => {
    const { app } = await tunnelApp();
    await app.start();
    const file = scene().session.folder.file('config', 'autostart', 'org.holdfast.Holdfast.desktop');
    const call = (name: string, input: object): Promise<unknown> =>
      app.inPage('index.html', `window.holdfast.desktop(${JSON.stringify(name)}, ${JSON.stringify(input)})`);
    expect(await call('desktop.set-login-start', { enabled: true })).toEqual({
      ok: true,
      output: { enabled: true, possible: true, note: null },
    });
    const entry = readFileSync(file, 'utf8');
    expect(entry).toMatch(/^Exec=.*--hidden$/m);
    expect(entry).toContain(scene().built.electron.path);
    // What was started on a profile of its own comes back on it.
    expect(entry).toContain(`--config=${app.configFile}`);
    // Somebody switches it off in the desktop's settings: that is shown, and kept.
    writeFileSync(file, entry.replace('X-GNOME-Autostart-enabled=true', 'X-GNOME-Autostart-enabled=false'));
    expect(await call('desktop.state', {})).toMatchObject({
      ok: true,
      output: { loginStart: { enabled: false, possible: true }, tray: true, version: '0.1.0' },
    });
    expect(await call('desktop.set-login-start', { enabled: false })).toMatchObject({ ok: true });
    expect(existsSync(file)).toBe(false);
  });
});

describe.skipIf(noElectron !== null)('a desktop without a tray', () => {
  it('keeps the window in the task bar, and makes the tray when one appears', async () => {
    const bare = await DesktopSession.start({ panel: false });
    scene().own({ dispose: () => bare.stop() });
    const { app } = await tunnelApp('', bare);
    await app.start();
    await until(() => bare.visibleWindows().includes('Holdfast'), { what: 'the window' });
    expect(
      await app.inPage('index.html', 'window.holdfast.desktop("desktop.state", {}).then((s) => s.output.tray)'),
    ).toBe(false);
    await bare.startPanel();
    const tray = await scene().tray('web', bare);
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
  });

  it('makes the tray when a panel answers that was too busy at first', async () => {
    const busy = await DesktopSession.start();
    scene().own({ dispose: () => busy.stop() });
    const { app } = await tunnelApp('', busy);
    busy.freezePanel(true);
    await app.start(['--hidden']);
    // The app gave up on its first look, and came into the task bar so that it can be reached.
    await app.pageShows('index.html', 'document.body.innerText.includes("web")', 'the window in the task bar');
    busy.freezePanel(false);
    const tray = await scene().tray('web', busy);
    await tray.click('web');
    await app.reach('web', ({ state }) => state.kind === 'running', 'the tunnel to run');
  });

  it('comes into the task bar after a hidden start, and to the front with a second launch', async () => {
    const bare = await DesktopSession.start({ panel: false });
    scene().own({ dispose: () => bare.stop() });
    const { app } = await tunnelApp('', bare);
    await app.start(['--hidden']);
    await app.pageShows('index.html', 'document.body.innerText.includes("web")', 'the window in the task bar');
    await until(() => !bare.visibleWindows().includes('Holdfast'), { what: 'the window to be put away' });
    await app.launch().exited;
    await until(() => bare.activeWindow() === 'Holdfast', { what: 'the window in front' });
    // Closed it stays reachable.
    bare.press('alt+F4');
    await until(() => !bare.visibleWindows().includes('Holdfast'), { what: 'the window to be put away' });
    expect(app.hasEnded).toBe(false);
    expect((await app.pages()).length).toBe(1);
  });
});

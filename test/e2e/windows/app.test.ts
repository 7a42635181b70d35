import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, noElectron } from '../../support/desktop/app.ts';
import { windowsElectron } from '../../support/desktop/electron-binary.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { sendAndRead, startEcho } from '../../support/lines-server.ts';
import { freePort } from '../../support/processes.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { until } from '../../support/until.ts';
import { noWine, windowsPath, WineMachine } from '../../support/wine.ts';

/** The desktop app in an Electron for Windows, in Wine, as far as it goes there: no window of Chromium opens. */

const why = noElectron ?? noWine ?? (buildApp().electron.old ? null : 'Wine runs the old Electron only');

describe.skipIf(why !== null)(`the app on Windows, as Wine has it ${why ?? ''}`, () => {
  let windows: WineMachine;
  let session: DesktopSession;
  let server: TestSshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let electron: string;

  beforeAll(async () => {
    electron = windowsElectron();
    session = await DesktopSession.start({ panel: false });
    windows = WineMachine.start(session.env['DISPLAY']);
    server = await startSshd();
    echo = await startEcho();
  }, 300_000);

  afterAll(async () => {
    await windows?.stop();
    await session?.stop();
    await server?.stop();
    await echo?.stop();
  });

  it('starts hidden with its icon in the tray, keeps tunnels up, and answers the command; after a crash too', async () => {
    const port = await freePort();
    windows.configure(`[hosts.box]
address = "127.0.0.1"
port = ${server.port}
user = "${server.user}"
identity = ['${windowsPath(server.clientKey)}']
agent = false
host-key-policy = "accept-new"

[tunnels.web]
host = "box"
forwards = ["local ${port} -> 127.0.0.1:${echo.port}"]
`);
    for (const start of ['first', 'after a crash']) {
      windows.startApp(electron, buildApp().folder);
      await windows.reach('web', ({ state }) => state === 'running', `the tunnel to run, ${start}`);
      expect(await sendAndRead(`127.0.0.1:${port}`, 'hello\n')).toBe('hello\n');
      await until(() => session.visibleWindows().includes('Wine System Tray'), { what: 'the tray' });
      expect(session.visibleWindows()).not.toContain('Holdfast');
      expect((await windows.holdfast(['down', 'web'])).code).toBe(0);
      await windows.reach('web', ({ state }) => state === 'stopped', 'the tunnel to be off');
      expect((await windows.holdfast(['up', 'web'])).code).toBe(0);
      await windows.crash();
    }
    expect(readFileSync(windows.desktopLog(), 'utf8').match(/"The engine answers","own":true/g)).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { type DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { desktopScene } from '../../support/desktop/scene.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { freePort } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

/** Notifications as the desktop's own daemon gets and shows them. */

const scene = desktopScene();

/** A tunnel that cannot log in: its key is not there, and has a name that would be markup. */
async function markedApp(on: DesktopSession): Promise<DesktopApp> {
  const app = scene().newApp({ on });
  const host = scene()
    .host(app, 'box', { trusted: true })
    .replace(/^identity = .*$/m, `identity = ['${app.folder}/<b>Tom &amp; Jerry<i>']`);
  app.configure(host + scene().tunnel('marked', 'box', await freePort()));
  await app.start(['--hidden']);
  return app;
}

/** What the daemon is told when the tunnel gives up. */
async function toldOf(app: DesktopApp, session: DesktopSession): Promise<string> {
  const seen = session.watchNotifications();
  await until(() => session.gdbus(capabilities) !== '' && seen.text().includes('GetCapabilities'), {
    what: 'the bus to be followed',
  });
  await app.ask((client) => client.call('up', { names: ['marked'], all: false }));
  await app.reach('marked', ({ state }) => state.kind === 'dead', 'the tunnel to give up');
  const body = (): string | undefined =>
    /member=Notify\n[^]*?string "marked gave up"\n\s+string "([^]*?)"\n/.exec(seen.text())?.[1];
  return until(() => body(), { what: 'the notification', timeoutMs: 20_000, seen: seen.text });
}

const notifications = 'org.freedesktop.Notifications';
const capabilities = [
  ...['call', '--session', '--dest', notifications, '--object-path', '/org/freedesktop/Notifications'],
  ...['--method', `${notifications}.GetCapabilities`],
];

describe.skipIf(noElectron !== null)('the text of a notification', () => {
  it('reaches a daemon with markup spelled out, so that it is shown as it is', async () => {
    const { session } = scene();
    expect(session.gdbus(capabilities)).toContain('body-markup');
    const body = await toldOf(await markedApp(session), session);
    expect(body).toContain('&lt;b&gt;Tom &amp;amp; Jerry&lt;i&gt;');
    expect(body).not.toMatch(/[<>]/);
    await until(() => session.showsNotification(), { what: 'the notification on the screen' });
    const kept = process.env['HOLDFAST_TEST_PICTURES'];
    if (kept) session.picture(`${kept}/notification.png`);
  });

  it('reaches a daemon without markup as it is', async () => {
    const plain = await DesktopSession.start({ panel: false, plainNotifications: true });
    scene().own({ dispose: () => plain.stop() });
    expect(plain.gdbus(capabilities)).not.toContain('body-markup');
    expect(await toldOf(await markedApp(plain), plain)).toContain('<b>Tom &amp; Jerry<i>');
  });
});

import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { DesktopSession } from '../../support/desktop/session.ts';

/** What a page of ours cannot do even if it were taken over, tried in a real Electron. */

let session: DesktopSession;
let app: DesktopApp;
const run = (expression: string): Promise<unknown> => app.inPage('index.html', expression);

beforeAll(async () => {
  session = await DesktopSession.start();
  app = new DesktopApp(buildApp(), session);
  app.configure('');
  writeFileSync(session.folder.file('secret.txt'), 'outside');
  await app.start();
  await app.pageShows('index.html', 'document.readyState === "complete"', 'the page');
}, 120_000);

afterAll(async () => {
  await app?.kill();
  await session?.stop();
});

describe.skipIf(noElectron !== null)('a page', () => {
  it('has the bridge and nothing of Node or Electron', async () => {
    expect(await run('Object.keys(window.holdfast).sort().join()')).toBe(
      'call,desktop,language,onConnection,onEvent,onNavigate,platform,shell',
    );
    expect(await run('[typeof require, typeof process, typeof module, typeof Buffer, typeof ipcRenderer].join()')).toBe(
      'undefined,undefined,undefined,undefined,undefined',
    );
    expect(
      await run('(() => { try { window.holdfast.call = 1 } catch {} return typeof window.holdfast.call })()'),
    ).toBe('function');
  });

  it('comes from our scheme under a strict policy that stops inline code and eval', async () => {
    expect(await run('location.href')).toMatch(/^app:\/\/holdfast\/index\.html/);
    expect(
      await run(`new Promise((resolve) => {
        const seen = [];
        document.addEventListener('securitypolicyviolation', (e) => seen.push(e.effectiveDirective || e.violatedDirective));
        const script = document.createElement('script');
        script.textContent = 'window.inlineRan = true';
        document.head.append(script);
        const image = new Image();
        image.src = 'http://127.0.0.1:9/x.png';
        setTimeout(() => resolve([window.inlineRan === undefined, seen.some((d) => d.startsWith('script-src')), seen.some((d) => d.startsWith('img-src'))].join()), 500);
      })`),
    ).toBe('true,true,true');
  });

  it('reaches neither the network nor files', async () => {
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1:9/',
      `file://${session.folder.file('secret.txt')}`,
      'app://holdfast/../main.js',
    ])
      expect(await run(`fetch(${JSON.stringify(url)}).then((r) => r.ok, () => false)`), url).toBe(false);
  });

  it('goes nowhere, opens nothing, embeds nothing', async () => {
    await run('location.href = "https://example.com/", true');
    await run('window.open("https://example.com/") === null').catch(() => undefined);
    await run(
      `(() => { const a = document.createElement('a'); a.href = 'file:///etc/passwd'; a.target = '_blank'; document.body.append(a); a.click(); return true })()`,
    );
    await run(
      `(() => { const v = document.createElement('webview'); v.src = 'https://example.com'; document.body.append(v); return true })()`,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const pages = await app.pages();
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatch(/^app:\/\/holdfast\/index\.html/);
  });

  it('gets no permission', async () => {
    expect(await run('Notification.requestPermission().then(String)')).toBe('denied');
    expect(
      await run('navigator.mediaDevices.getUserMedia({ audio: true }).then(() => "given", () => "denied")').catch(
        () => 'denied',
      ),
    ).toBe('denied');
    expect(
      await run('new Promise((r) => navigator.geolocation.getCurrentPosition(() => r("given"), () => r("denied")))'),
    ).toBe('denied');
  });

  it('calls what the contract has for pages, checked, with errors as values', async () => {
    expect(await run('window.holdfast.call("snapshot", {}).then((r) => r.ok)')).toBe(true);
    for (const [name, input] of [
      ['shutdown', '{}'],
      ['constructor', '{}'],
      ['status', '{ names: 7 }'],
      ['up', '{}'],
    ] as const)
      expect(
        await run(`window.holdfast.call("${name}", ${input}).then((r) => [r.ok, r.error.code].join())`),
        name,
      ).toBe('false,usage');
    expect(
      await run(
        'window.holdfast.desktop("desktop.open", { url: "https://example.com/" }).then((r) => [r.ok, r.error.code].join())',
      ),
    ).toBe('false,usage');
    expect((await app.status()).length).toBe(0);
  });
});

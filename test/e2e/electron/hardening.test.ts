import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '../../../src/main/desktop/page-files.ts';
import { buildApp, DesktopApp, noElectron } from '../../support/desktop/app.ts';
import { confinementOf } from '../../support/desktop/sandbox.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import { descendantsOf } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

/**
 * What a page of ours cannot do even if it were taken over, tried in a real Electron. The numbers are those of Electron's security checklist; what
 * cannot be seen from a page is in test/unit/main/desktop/hardening.test.ts, the fuses in packaging.test.ts.
 */

let session: DesktopSession;
let app: DesktopApp;
let web: Server;
let stun: Socket;
/** What arrived at servers of this machine that no page may reach. */
const arrived: string[] = [];
let site = '';
const run = (expression: string): Promise<unknown> => app.inPage('index.html', expression);
const opened = (): string =>
  existsSync(session.folder.file('opened')) ? readFileSync(session.folder.file('opened'), 'utf8') : '';

beforeAll(async () => {
  session = await DesktopSession.start();
  // The system's way to open an address, which tells us.
  const programs = session.folder.file('programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'xdg-open'), `#!/bin/sh\necho "$1" >> '${session.folder.file('opened')}'\n`);
  chmodSync(join(programs, 'xdg-open'), 0o755);
  session.env['PATH'] = `${programs}:${session.env['PATH'] ?? ''}`;

  web = createServer((request, response) => {
    arrived.push(request.url ?? '');
    response.setHeader('Access-Control-Allow-Origin', '*').end('window.reached = true');
  });
  web.on('connection', () => arrived.push('a connection'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  site = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  stun = createSocket('udp4', () => arrived.push('a datagram'));
  stun.bind(0);
  await once(stun, 'listening');

  app = new DesktopApp(buildApp(), session);
  app.configure('');
  writeFileSync(session.folder.file('secret.txt'), 'outside');
  await app.start([`--log-net-log=${session.folder.file('net.json')}`]);
  await app.pageShows('index.html', 'document.readyState === "complete"', 'the page');
}, 120_000);

afterAll(async () => {
  await app?.kill();
  await session?.stop();
  web?.close();
  stun?.close();
});

describe.skipIf(noElectron !== null)('a page', () => {
  it('1. is our own content, and reaches nothing else', async () => {
    expect(await run('location.href')).toMatch(/^app:\/\/holdfast\/index\.html/);
    expect(
      await run('performance.getEntriesByType("resource").every(({ name }) => name.startsWith("app://holdfast/"))'),
    ).toBe(true);
    const ways = {
      picture: 'new Image().src = at',
      fetch: 'fetch(at, { mode: "no-cors" }).catch(() => 0)',
      request: '{ const r = new XMLHttpRequest(); r.open("GET", at); r.send() }',
      beacon: 'navigator.sendBeacon(at, "x")',
      events: 'new EventSource(at)',
      socket: 'new WebSocket(at.replace("http", "ws"))',
      script: '{ const s = document.createElement("script"); s.src = at; document.head.append(s) }',
      module: 'import(at).catch(() => 0)',
      style: '{ const l = document.createElement("link"); l.rel = "stylesheet"; l.href = at; document.head.append(l) }',
      ahead: '{ const l = document.createElement("link"); l.rel = "prefetch"; l.href = at; document.head.append(l) }',
      frame: '{ const f = document.createElement("iframe"); f.src = at; document.body.append(f) }',
      form: '{ const f = document.createElement("form"); f.action = at; document.body.append(f); f.submit() }',
      worker: 'new Worker(at)',
      media: '{ const v = document.createElement("video"); v.src = at; document.body.append(v) }',
      object: '{ const o = document.createElement("object"); o.data = at; document.body.append(o) }',
    };
    for (const [name, code] of Object.entries(ways))
      await run(`(() => { const at = ${JSON.stringify(`${site}/${name}`)}; try { ${code} } catch {} return true })()`);
    // The last of them would have come by then: this one goes the whole way and back through the browser's own processes.
    expect(await run('window.holdfast.call("snapshot", {}).then((r) => r.ok)')).toBe(true);
    expect(
      await run(
        `new Promise((r) => { const i = new Image(); i.onerror = () => r('refused'); i.onload = () => r('loaded'); i.src = '${site}/last.png' })`,
      ),
    ).toBe('refused');
    expect(arrived).toEqual([]);
    expect(await run('window.reached')).toBeUndefined();
  });

  it('1. cannot send anything by a peer connection either', async () => {
    const udp = stun.address().port;
    const tcp = (web.address() as AddressInfo).port;
    const servers = [
      { urls: `stun:127.0.0.1:${udp}` },
      { urls: `stun:localhost:${udp}` },
      { urls: `turn:127.0.0.1:${udp}`, username: 'x', credential: 'x' },
      { urls: `turn:127.0.0.1:${tcp}?transport=tcp`, username: 'x', credential: 'x' },
    ];
    const gathered = await run(`new Promise((resolve) => {
      const peer = new RTCPeerConnection({ iceServers: ${JSON.stringify(servers)} });
      peer.createDataChannel('x');
      peer.onicegatheringstatechange = () => { if (peer.iceGatheringState === 'complete') { peer.close(); resolve('complete') } };
      peer.createOffer().then((offer) => peer.setLocalDescription(offer));
    })`);
    expect(gathered).toBe('complete');
    expect(arrived).toEqual([]);
  });

  it('2. has nothing of Node', async () => {
    const names = ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'ipcRenderer', 'electron'];
    expect(
      await run(`[${names.map((name) => `typeof ${name}`).join()}].filter((type) => type !== 'undefined').length`),
    ).toBe(0);
  });

  it('3. shares no objects with the preload', async () => {
    expect(
      await run('(() => { try { window.holdfast.call = 1 } catch {} return typeof window.holdfast.call })()'),
    ).toBe('function');
    expect(await run('(() => { try { window.holdfast = 1 } catch {} return typeof window.holdfast })()')).toBe(
      'object',
    );
    // What a page does to its own objects changes nothing on the other side.
    expect(
      await run(`(() => {
        const plain = Function.prototype.call;
        const seen = [];
        Array.prototype.then = undefined;
        Function.prototype.call = function (...args) { seen.push(args); return plain.apply(this, args) };
        return window.holdfast.call('snapshot', {}).then((r) => { Function.prototype.call = plain; delete Array.prototype.then; return [r.ok, seen.length].join() });
      })()`),
    ).toBe('true,0');
    expect(await run('window.holdfast.call.constructor("return typeof process")')).toBeTypeOf('object');
  });

  it('4. runs in a process of its own in the sandbox', async () => {
    const { sandbox } = buildApp().electron;
    const pages = await app.pageProcesses();
    expect(pages.length).toBeGreaterThan(0);
    expect(pages).not.toContain(app.pid);
    // What the system says of them, whatever the switches are. As root Chromium has no sandbox to give.
    if (sandbox.kind === 'on')
      for (const pid of pages) expect(confinementOf(pid)).toEqual({ seccomp: true, namespaces: true });
  });

  it('4. has no process with switches that open it up', () => {
    const { sandbox } = buildApp().electron;
    const lines = descendantsOf(app.pid).map((pid) => {
      try {
        // A page's process has them in one piece.
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
      } catch {
        return [];
      }
    });
    const typed = lines.filter((words) => words.some((word) => word.startsWith('--type=')));
    expect(typed.length).toBeGreaterThan(0);
    for (const words of typed) {
      if (sandbox.kind === 'on') expect(words).not.toContain('--no-sandbox');
      expect(
        words.filter((word) =>
          /^--(node-integration|webview-tag|disable-web-security|no-context-isolation)/.test(word),
        ),
      ).toEqual([]);
    }
  });

  it('5. gets no permission', async () => {
    expect(await run('Notification.requestPermission().then(String)')).toBe('denied');
    for (const ask of [
      'navigator.mediaDevices.getUserMedia({ audio: true })',
      'navigator.mediaDevices.getDisplayMedia({ video: true })',
      'new Promise((yes, no) => navigator.geolocation.getCurrentPosition(yes, no))',
      'navigator.requestMIDIAccess({ sysex: true })',
      'navigator.clipboard.readText()',
      'navigator.usb ? navigator.usb.requestDevice({ filters: [] }) : Promise.reject()',
      'navigator.bluetooth ? navigator.bluetooth.requestDevice({ acceptAllDevices: true }) : Promise.reject()',
      'document.body.requestFullscreen()',
      'document.body.requestPointerLock() || Promise.reject()',
    ])
      expect(await run(`(async () => (${ask}))().then(() => 'given', () => 'denied')`), ask).toBe('denied');
  });

  it('6. is held to the rules between origins', async () => {
    expect(await run('location.origin')).toBe('app://holdfast');
    for (const url of [site, 'app://other/index.html', 'data:text/plain,x', 'https://example.com/'])
      expect(await run(`fetch(${JSON.stringify(url)}).then((r) => r.ok, () => false)`), url).toBe(false);
    expect(arrived).toEqual([]);
  });

  it('7. is under the strict policy, which stops inline code, inline style and eval', async () => {
    expect(
      await run(`new Promise((resolve) => {
        const seen = new Set();
        let policy = '';
        document.addEventListener('securitypolicyviolation', (e) => {
          policy = e.originalPolicy;
          seen.add((e.effectiveDirective || e.violatedDirective).replace(/-(elem|attr)$/, ''));
          if (['script-src', 'style-src', 'img-src'].every((d) => seen.has(d))) resolve([window.inlineRan === undefined, policy].join('|'));
        });
        const script = document.createElement('script');
        script.textContent = 'window.inlineRan = true';
        document.head.append(script);
        const style = document.createElement('style');
        style.textContent = 'body { display: none }';
        document.head.append(style);
        new Image().src = ${JSON.stringify(`${site}/x.png`)};
      })`),
    ).toBe(`true|${contentSecurityPolicy}`);
    expect(
      await run(
        `(() => { const b = document.createElement('button'); b.setAttribute('onclick', 'window.inlineRan = true'); document.body.append(b); b.click(); b.remove(); return window.inlineRan === undefined })()`,
      ),
    ).toBe(true);
    // Evaluated by the page and not by the debugger, which is above the policy.
    expect(
      await run(
        'new Promise((r) => setTimeout(() => { try { r(window["ev" + "al"]("1")) } catch (e) { r(e.name) } }))',
      ),
    ).toBe('EvalError');
  });

  it('11. and 12. has no webview', async () => {
    expect(
      await run(
        `(() => { const v = document.createElement('webview'); v.setAttribute('allowpopups', ''); v.src = ${JSON.stringify(`${site}/webview`)}; document.body.append(v); return typeof v.loadURL })()`,
      ),
    ).toBe('undefined');
    await stays();
  });

  it('13. goes nowhere', async () => {
    for (const away of [
      `location.href = ${JSON.stringify(`${site}/away`)}`,
      "location.replace('file:///etc/passwd')",
      'location.assign("app://other/index.html")',
      'location.href = "data:text/html,x"',
      'location.href = "javascript:window.inlineRan = true"',
      `{ const m = document.createElement('meta'); m.httpEquiv = 'refresh'; m.content = '0;url=${site}/meta'; document.head.append(m) }`,
      `{ const a = document.createElement('a'); a.href = '${site}/link'; document.body.append(a); a.click() }`,
    ])
      await run(`(() => { try { ${away} } catch {} return true })()`);
    await stays();
    expect(await run('window.inlineRan')).toBeUndefined();
  });

  it('14. opens no window', async () => {
    // What it gives back is not the same in every version; that there is no window is.
    await run(
      `(() => { window.open(${JSON.stringify(`${site}/window`)}); window.open('about:blank'); return true })()`,
    );
    await run(
      `(() => { const a = document.createElement('a'); a.href = 'file:///etc/passwd'; a.target = '_blank'; document.body.append(a); a.click(); return true })()`,
    );
    await stays();
  });

  it('15. has the system open nothing but addresses of this machine', async () => {
    for (const url of [
      'https://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'ssh://host/',
      'smb://host/share',
      'http://127.0.0.1.example.com/',
      'http://user:pw@127.0.0.1/',
      'x'.repeat(3000),
    ])
      expect(
        await run(
          `window.holdfast.desktop('desktop.open', { url: ${JSON.stringify(url)} }).then((r) => [r.ok, r.error.code].join())`,
        ),
        url,
      ).toBe('false,usage');
    expect(await run(`window.holdfast.desktop('desktop.open', { url: '${site}/shown' }).then((r) => r.ok)`)).toBe(true);
    await until(() => opened() !== '', { what: 'the address to be opened' });
    expect(opened()).toBe(`${site}/shown\n`);
  });

  it('17. is listened to only as the top frame', async () => {
    const inside = `(() => { const f = document.createElement('iframe'); document.body.append(f); const found = typeof f.contentWindow.holdfast; f.remove(); return found })()`;
    expect(await run(inside)).toBe('undefined');
  });

  it('17. calls what the contract has for pages, checked, with errors as values', async () => {
    for (const [name, input] of [
      ['shutdown', '{}'],
      ['wake', '{ reason: "resume" }'],
      ['constructor', '{}'],
      ['status', '{ names: 7 }'],
      ['up', '{}'],
      ['snapshot', 'null'],
    ] as const)
      expect(
        await run(`window.holdfast.call("${name}", ${input}).then((r) => [r.ok, r.error.code].join())`),
        name,
      ).toBe('false,usage');
    expect(await run('window.holdfast.desktop("hasOwnProperty", {}).then((r) => [r.ok, r.error.code].join())')).toBe(
      'false,usage',
    );
    expect((await app.status()).length).toBe(0);
  });

  it('18. reads no file, and of its own scheme only what was built for it', async () => {
    for (const url of [
      `file://${session.folder.file('secret.txt')}`,
      'app://holdfast/../main.js',
      'app://holdfast/%2e%2e/main.js',
      'app://holdfast/..%2fpreload.cjs',
    ]) {
      const said = await run(
        `new Promise((r) => { const s = document.createElement('script'); s.onload = () => r('loaded'); s.onerror = () => r('refused'); s.src = ${JSON.stringify(url)}; document.head.append(s) })`,
      );
      expect(said, url).toBe('refused');
    }
  });

  it('20. gets names and values over the bridge, nothing of Electron', async () => {
    expect(await run('Object.keys(window.holdfast).sort().join()')).toBe(
      'call,desktop,language,onConnection,onEvent,onNavigate,platform,shell',
    );
    // A listener gets the value alone, not the event with its sender.
    const heard = run(
      'new Promise((r) => { const stop = window.holdfast.onEvent((...args) => { stop(); r([args.length, typeof args[0].kind, "sender" in args[0]].join()) }) })',
    );
    await until(async () => (await run('true')) === true, { what: 'the page to listen' });
    app.configure('[hosts.box]\naddress = "127.0.0.1"\nport = 9\nuser = "me"\n');
    await app.ask((client) => client.call('reload', {}));
    expect(await heard).toBe('1,string,false');
  });
});

// The last one: what Chromium did on the network is in its file when it has ended.
describe.skipIf(noElectron !== null)('the app', () => {
  it('1. looked up no name that a page gave it', async () => {
    await run(`(() => {
      for (const rel of ['dns-prefetch', 'preconnect']) {
        const l = document.createElement('link'); l.rel = rel; l.href = 'https://' + rel + '.told-by-page.example/'; document.head.append(l);
      }
      const a = document.createElement('a'); a.href = 'https://link.told-by-page.example/'; a.textContent = 'x'; document.body.append(a);
      return true;
    })()`);
    // As far as it goes, and back through the browser's own processes.
    expect(await run('window.holdfast.call("snapshot", {}).then((r) => r.ok)')).toBe(true);
    expect(await run(`fetch('https://asked.told-by-page.example/').then(() => 'loaded', () => 'refused')`)).toBe(
      'refused',
    );
    await app.ended(() => process.kill(app.pid, 'SIGTERM'));
    const log = readFileSync(session.folder.file('net.json'), 'utf8');
    // Whole only if it was written to its end.
    expect((JSON.parse(log) as { events: unknown[] }).events.length).toBeGreaterThan(0);
    expect([...new Set(log.match(/[\w-]+\.told-by-page\.example/g))]).toEqual([]);
  });
});

/** The one page is still there, and nothing went out. */
async function stays(): Promise<void> {
  expect(await run('window.holdfast.call("snapshot", {}).then((r) => r.ok)')).toBe(true);
  const pages = await app.pages();
  expect(pages).toHaveLength(1);
  expect(pages[0]).toMatch(/^app:\/\/holdfast\/index\.html/);
  expect(arrived).toEqual([]);
}

import { createServer, type Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { freshLink, panelLink, type PanelPage } from '../support/panel-page.ts';
import { enter, secretIn } from '../support/panel-wire.ts';
import { freePort } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { chromium, openBeside, openPanel, runningPanel, usePanelBrowser } from './panel-scene.ts';
import { holdfast, hostTable, own, sshd, tunnelTable } from './scene.ts';

/** Who comes into the panel, and whom its page trusts: links, reloads, and strangers that take its port. */

usePanelBrowser();

const ended = 'This page has ended';
/** The browser itself tells of each try to reach a server that is gone. */
const unreachable = /WebSocket connection to .* failed|ERR_CONNECTION/;

/** What a stranger's server heard of a page. */
interface Stranger {
  readonly heard: string[];
}

/** A stranger's server at the panel's port: its own page, and a WebSocket that says `answers` one after the other. */
async function stranger(port: number, answers: readonly string[]): Promise<Stranger> {
  const heard: string[] = [];
  const server: Server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<title>stranger</title><footer>as if</footer><script>document.title = JSON.stringify(sessionStorage) + location.hash</script>',
    );
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    let turn = 0;
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      heard.push((data as Buffer).toString());
      const answer = answers[turn++];
      if (answer !== undefined) socket.send(answer);
    });
  });
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => resolve(true));
      }),
    { what: 'the port to be free for the stranger' },
  );
  own({
    dispose: () => {
      sockets.close();
      server.close();
      server.closeAllConnections();
    },
  });
  return { heard };
}

/** An engine that asks about a host key, and the page that shows the question, with something typed into it that is not sent. */
async function typing(): Promise<{ panel: PanelPage; port: number; end: () => Promise<unknown>; secret: string }> {
  const [server, port] = [await sshd(), await freePort()];
  const hf = await holdfast(
    hostTable('box', server) + tunnelTable('db', 'box', 'manual', 'local 127.0.0.1:0 -> 127.0.0.1:1'),
  );
  await hf.serve(['--panel', '--panel-port', String(port)]);
  const panel = await openPanel(await panelLink(hf));
  await panel.shows('db', 'Stopped');
  await panel.switchOf('db').click();
  const question = panel.dialog('Is this really box?');
  await question.waitFor();
  const secret = 'typed-but-not-sent';
  await question.field('Fingerprint you were given').fill(secret);
  panel.expectComplaints(unreachable);
  return { panel, port, end: () => hf.end(), secret };
}

describe.skipIf(chromium === null)('a link', () => {
  it('lets one page in, which stays in over reloads; nothing secret is sent, and there is no cookie', async () => {
    const { hf, panel } = await runningPanel();
    const asked: string[] = [];
    panel.page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
    const link = await panelLink(hf);
    expect(panel.page.url()).toBe(link.split('#')[0]);
    const sessions = new Set<string>();
    for (let time = 0; time < 4; time += 1) {
      const [session = ''] = Object.values(await panel.stored());
      expect(session).toMatch(/^[0-9a-f]{64}$/);
      sessions.add(session);
      if (time === 3) break;
      await panel.page.reload();
      await panel.shows('db', 'Running');
      // Of the page before nothing is left that opens anything.
      expect(await enter(panel.origin, session)).toBeNull();
    }
    expect(sessions.size).toBe(4);
    expect(asked.length).toBeGreaterThan(3);
    expect(panel.frames.some((frame) => frame.includes('"prove"'))).toBe(true);
    for (const secret of [...sessions, secretIn(link)])
      expect(`${asked.join()}${panel.frames.join()}`).not.toContain(secret);
    expect(await panel.page.context().cookies()).toEqual([]);
    expect(asked.join()).not.toMatch(/cookie/i);

    const second = await openBeside(panel, link);
    await second.heading(ended).waitFor();
    expect(await second.stored()).toEqual({});
    expect(await second.rows.count()).toBe(0);
    await panel.switchOf('db').click();
    await panel.shows('db', 'Stopped');
  });

  it('put into the address bar of a page that has ended lets that page in', async () => {
    const { hf, panel } = await runningPanel();
    const beside = await openBeside(panel, panel.page.url());
    await beside.heading(ended).waitFor();
    expect(await beside.violations()).toEqual([]);
    await beside.page.goto(await freshLink(hf));
    await beside.shows('db', 'Running');
  });

  it('stays in over a way elsewhere and back', async () => {
    const { panel } = await runningPanel();
    await panel.page.goto('about:blank');
    await panel.page.goBack();
    await panel.shows('db', 'Running');
    await panel.page.reload();
    await panel.shows('db', 'Running');
  });

  it('by the name localhost leads to the same page', async () => {
    const { hf } = await runningPanel();
    const panel = await openPanel((await freshLink(hf)).replace('127.0.0.1', 'localhost'));
    await panel.shows('db', 'Running');
    expect(new URL(panel.page.url()).hostname).toBe('127.0.0.1');
  });

  it('that was used says so in German too', async () => {
    const { hf } = await runningPanel();
    const panel = await openPanel(await panelLink(hf), { locale: 'de-DE' });
    await panel.heading('Diese Seite ist beendet').waitFor();
    await panel.page.getByText('Öffne einen frischen Link; diesen druckt:').waitFor();
    expect(await panel.violations()).toEqual([]);
  });
});

describe.skipIf(chromium === null)('an open page whose server went away', () => {
  it.each([
    ['says it is proven', ['{"proven":true}', '{"proven":true}']],
    [
      'answers with a proof of its own',
      [JSON.stringify({ challenge: { nonce: 'a'.repeat(64), proof: 'b'.repeat(64) } })],
    ],
    ['answers as an engine without proof', ['{"id":1,"ok":true,"output":{}}']],
    ['says what is no JSON', ['<html>']],
  ])('trusts no server that %s: it ends', async (_, answers) => {
    const { panel, port, end, secret } = await typing();
    const [session = ''] = Object.values(await panel.stored());
    await end();
    await panel.page.getByText('Holdfast does not answer.', { exact: false }).first().waitFor();
    // Whoever takes the port and is asked for a page of this tab finds nothing in it.
    expect(await panel.stored()).toEqual({});
    const { heard } = await stranger(port, answers);
    await panel.heading(ended).waitFor();
    expect(await panel.page.locator('dialog').count()).toBe(0);
    expect(heard.length).toBeGreaterThan(0);
    for (const text of [secret, session, '"call"', '"proof"']) expect(heard.join('\n')).not.toContain(text);
    await panel.page.reload();
    expect(await panel.page.title()).toBe('{}');
  });

  it('trusts no server that repeats what the engine once said', async () => {
    const { panel, port, end } = await typing();
    const challenge = panel.frames.find((frame) => frame.includes('"challenge"')) ?? '';
    await end();
    const { heard } = await stranger(port, [challenge, '{"proven":true}', '{"id":1,"ok":true,"output":{}}']);
    await panel.heading(ended).waitFor();
    expect(heard.join('\n')).not.toMatch(/"proof"|"call"/);
  });

  it('a session that a stranger read in a page that could not notice ends with the engine', async () => {
    const { hf, panel } = await runningPanel();
    const [session = ''] = Object.values(await panel.stored());
    const { origin, port } = new URL(panel.page.url());
    (await enter(origin, session))?.wire.socket.terminate();
    panel.expectComplaints(unreachable);
    await hf.end();
    await hf.serve(['--panel', '--panel-port', port]);
    await panelLink(hf);
    expect(await enter(origin, session)).toBeNull();
    await panel.heading(ended).waitFor();
  });
});

import { contractVersion } from '../../src/shared/contract/calls.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { webcrypto } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askForProof, freshWord, secretId } from '../../src/shared/contract/proof.ts';
import { Holdfast } from '../support/holdfast.ts';
import { freshLink, panelLink } from '../support/panel-page.ts';
import { freePort } from '../support/processes.ts';
import { enter, PanelWire, secretIn, trade } from '../support/panel-wire.ts';

/** The panel's server as a stranger on this machine, or another site in its owner's browser, meets it. */

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const secretPassword = 'hunter2-of-the-box';
const vaultPassphrase = 'passphrase-of-the-vault';
let holdfast: Holdfast;
let link: URL;
let session = '';

/** One request, the path exactly as written. */
function ask(path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: link.port, path, method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const hello = { client: 'panel', contract: contractVersion };

/** The status that an upgrade is refused with; 101 if it is not. */
async function upgrade(headers: Readonly<Record<string, string>>, path = '/ws'): Promise<number> {
  try {
    (await PanelWire.open(own(), headers, path)).socket.terminate();
    return 101;
  } catch (error) {
    return Number((error as Error).message);
  }
}

/** The answers to calls made one after the other, as they came. */
async function framesOf(list: readonly (readonly [call: string, input: object])[]): Promise<string> {
  const wire = await entered();
  let id = 0;
  for (const [call, input] of [['hello', hello] as const, ...list]) await wire.call(id++, call, input);
  wire.socket.terminate();
  return wire.got.join('\n');
}

async function entered(): Promise<PanelWire> {
  const page = await enter(own(), session);
  if (page === null) throw new Error('the session is none any more');
  session = page.session;
  return page.wire;
}

const own = (): string => `http://127.0.0.1:${link.port}`;

beforeAll(async () => {
  holdfast = await Holdfast.make(`[settings]
secret-store = "vault"
[hosts.box]
address = "box.example"
[tunnels.db]
host = "box"
start = "manual"
forwards = ["local 127.0.0.1:0 -> 127.0.0.1:5432"]
`);
  await holdfast.serve(['--panel']);
  link = new URL(await panelLink(holdfast));
  session = (await trade(link)) ?? '';
});
afterAll(() => holdfast.dispose());

describe('the way in', () => {
  it('is a link whose secret stands in the fragment, which is never sent', async () => {
    expect(link.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/#link=[0-9a-f]{64}$/);
    const page = await ask(link.pathname);
    expect([page.status, page.headers['set-cookie']]).toEqual([200, undefined]);
    expect(page.body).toContain('<title>Holdfast</title>');
  });

  it('trades a link for a session once, and the session comes in again and again, each time by another secret', async () => {
    const fresh = await freshLink(holdfast);
    expect(new URL(fresh).host).toBe(link.host);
    const traded = await trade(fresh);
    expect(traded).toMatch(/^[0-9a-f]{64}$/);
    expect(traded).not.toBe(secretIn(fresh));
    expect(await trade(fresh)).toBeNull();
    let secret = traded ?? '';
    for (let time = 0; time < 3; time += 1) {
      const page = await enter(own(), secret);
      expect(await page?.wire.call(1, 'hello', hello)).toMatchObject({ id: 1, ok: true });
      page?.wire.socket.terminate();
      expect(await enter(own(), secret)).toBeNull();
      secret = page?.session ?? '';
    }
  });

  it('of two pages with one link one comes in', async () => {
    const fresh = await freshLink(holdfast);
    const both = await Promise.all([trade(fresh), trade(fresh)]);
    expect(both.filter((each) => each === null)).toHaveLength(1);
  });

  it('does not spend a link on a page that did not hear that it is in', async () => {
    const fresh = await freshLink(holdfast);
    const wire = await PanelWire.open(own());
    expect(await wire.enter(secretIn(fresh), own())).not.toBeNull();
    wire.socket.terminate();
    await wire.closed;
    expect(await trade(fresh)).not.toBeNull();
    expect(await trade(fresh)).toBeNull();
  });

  it('does not spend a link on a page that does not prove it', async () => {
    const fresh = await freshLink(holdfast);
    const wire = await PanelWire.open(own());
    wire.send({ prove: { id: await secretId(webcrypto, secretIn(fresh)), nonce: freshWord(webcrypto) } });
    expect(await wire.next()).toMatchObject({ challenge: {} });
    wire.send({ proof: freshWord(webcrypto) });
    expect(await wire.next()).toEqual({ ended: true });
    expect(await wire.closed).toBe(1008);
    expect(await trade(fresh)).not.toBeNull();
  });

  it('an id is no secret: a proof that was captured is worth nothing at another connection', async () => {
    const frames: object[] = [];
    const first = await PanelWire.open(own());
    const recorder = { send: (frame: object) => (frames.push(frame), first.send(frame)), next: () => first.next() };
    expect(await askForProof(webcrypto, session, own(), recorder)).not.toBeNull();
    first.socket.terminate();
    expect(JSON.stringify([frames, first.got])).not.toContain(session);
    const second = await PanelWire.open(own());
    second.send(frames[0] ?? {});
    expect(await second.next()).not.toEqual(JSON.parse(first.got[0] ?? ''));
    second.send(frames[1] ?? {});
    expect(await second.next()).toEqual({ ended: true });
  });

  it.each([
    ['a request before the proof', { id: 1, call: 'hello', input: hello }],
    ['an unknown id', { prove: { id: 'f'.repeat(64), nonce: 'e'.repeat(64) } }],
    ['a nonce that is none', { prove: { id: 'f'.repeat(64), nonce: '' } }],
    ['a proof without a question', { proof: 'f'.repeat(64) }],
  ])('%s ends it, and nothing else is said', async (_, frame) => {
    const wire = await PanelWire.open(own());
    wire.send(frame);
    expect(await wire.closed).toBe(1008);
    expect(wire.got).toEqual(['{"ended":true}']);
  });

  it('more than the proof needs, before it, is cut off', async () => {
    const wire = await PanelWire.open(own());
    wire.send({
      prove: { id: await secretId(webcrypto, session), nonce: freshWord(webcrypto) },
      more: 'x'.repeat(2000),
    });
    expect(await wire.closed).toBe(1006);
    const binary = await PanelWire.open(own());
    binary.socket.send(Buffer.from('{}'));
    expect(await binary.closed).toBe(1006);
  });

  it('strangers that say nothing keep nobody out', async () => {
    const silent = await Promise.all(Array.from({ length: 80 }, () => PanelWire.open(own())));
    const wire = await entered();
    expect(await wire.call(1, 'hello', hello)).toMatchObject({ ok: true });
    expect(silent.filter(({ socket }) => socket.readyState === socket.OPEN).length).toBeLessThanOrEqual(32);
    for (const { socket } of [wire, ...silent]) socket.terminate();
  });

  it.each(['/open', '/open?token=', '/open?token=guessed', '/ws', '/index.html'])('nothing is at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it.each(['127.0.0.1', 'localhost'])('the bare address by the name %s leads to the page', async (name) => {
    const answer = await ask('/', { headers: { host: `${name}:${link.port}` } });
    expect([answer.status, answer.headers.location]).toEqual([307, `${own()}${link.pathname}`]);
  });

  it('the name localhost, which may be somebody else at [::1], has no page and no socket', async () => {
    const host = `localhost:${link.port}`;
    for (const path of [link.pathname, '//evil.example/', 'http://evil.example/'])
      expect((await ask(path, { headers: { host } })).headers.location).toBe(`${own()}${link.pathname}`);
    expect(await upgrade({ host, origin: `http://${host}` })).toBe(403);
  });
});

describe('other sites', () => {
  it.each(['evil.example', '127.0.0.1', 'localhost:1', 'panel.localhost', 'x'])(
    'an address of %s is not ours',
    async (host) => {
      for (const path of ['/', link.pathname, '/ws']) expect((await ask(path, { headers: { host } })).status).toBe(403);
      expect(await upgrade({ host, origin: `http://${host}` })).toBe(403);
    },
  );

  it.each(['http://evil.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'https://localhost'])(
    'an origin of %s is not ours',
    async (origin) => {
      expect((await ask(link.pathname, { headers: { origin } })).status).toBe(403);
      expect(await upgrade({ origin })).toBe(403);
    },
  );

  it('an origin of ours is let in, and the socket asks for it', async () => {
    expect((await ask(link.pathname, { headers: { origin: own() } })).status).toBe(200);
    expect(await upgrade({})).toBe(403);
    expect(await upgrade({ origin: own() })).toBe(101);
    expect(await upgrade({ origin: own() }, '/')).toBe(403);
  });
});

describe('what is served', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    const answer = await ask(link.pathname, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    '/../package.json',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/../../cli.js',
    '/assets/',
    '//etc/passwd',
    '//',
    '//[',
    'http://[/',
    'http://evil.example/index.html?x',
    '/index.html%00.js',
    '/__proto__',
    '/%E0%A4%A',
    '/nothing',
  ])('nothing is at %s, and beside the pages neither', async (path) => {
    for (const asked of [path, `${link.pathname}${path.slice(1)}`]) {
      const answer = await ask(asked);
      expect([asked, answer.status]).toEqual([asked, 404]);
      expect(answer.body).toMatch(/^There is nothing at this address\./);
    }
  });

  it('every answer carries the rules, refusals too', async () => {
    const answers = await Promise.all([
      ask('/'),
      ask(link.pathname),
      ask('/nothing'),
      ask('/', { method: 'POST' }),
      ask('/', { headers: { host: 'evil.example' } }),
    ]);
    for (const { headers } of answers) {
      const policy = new Map(
        (headers['content-security-policy'] as string).split('; ').map((rule) => {
          const [name = '', ...sources] = rule.split(' ');
          return [name, sources.join(' ')];
        }),
      );
      expect(policy.get('default-src')).toBe("'none'");
      expect(policy.get('script-src')).toBe("'self'");
      expect(policy.get('style-src')).toBe("'self'");
      expect(policy.get('frame-ancestors')).toBe("'none'");
      expect(policy.get('form-action')).toBe("'none'");
      expect(policy.get('base-uri')).toBe("'none'");
      expect([...policy.values()].join(' ')).not.toMatch(/unsafe|\*|https?:/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
        'x-dns-prefetch-control': 'off',
      });
    }
  });

  it('the page and every file that it names come with their types', async () => {
    const index = await ask(link.pathname);
    const named = [...index.body.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(1);
    for (const name of named) {
      const file = await ask(`${link.pathname}${name}`);
      expect([name, file.status]).toEqual([name, 200]);
      expect(file.headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg\+xml|font\/)/);
    }
    const head = await ask(link.pathname, { method: 'HEAD' });
    expect([head.status, head.body, Number(head.headers['content-length'])]).toEqual([
      200,
      '',
      Buffer.byteLength(index.body),
    ]);
  });

  it('no answer holds a link, a session or a secret', async () => {
    const unused = await freshLink(holdfast);
    const paths = ['/', '/nothing', link.pathname, `${link.pathname}index.html`];
    const answers = await Promise.all(paths.map((path) => ask(path)));
    const secrets = [session, secretIn(link), secretIn(unused), secretPassword, vaultPassphrase];
    for (const { body, headers } of answers)
      for (const secret of secrets) expect(`${body}${JSON.stringify(headers)}`).not.toContain(secret);
    const frames = await framesOf([
      ['vault.unlock', { passphrase: vaultPassphrase, create: true }],
      ['secret.set', { host: 'box', kind: 'password', value: secretPassword }],
      ['snapshot', {}],
      ['config.view', {}],
      ['secret.list', {}],
      ['secret.state', {}],
      ['tunnel.detail', { name: 'db' }],
    ]);
    expect(frames).toContain('"kind":"password"');
    for (const secret of secrets) expect(frames).not.toContain(secret);
    // The engine's log keeps neither.
    const logs = (await holdfast.run(['logs', '--json', '--lines', '1000'])).stdout + holdfast.errors;
    for (const secret of secrets) expect(logs).not.toContain(secret);
    for (const text of textsUnder(`${holdfast.home}/state`))
      for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('where it listens', () => {
  it('stays where it is: a link at another port is refused, with the port and what to do', async () => {
    const other = await freePort();
    const asked = await holdfast.run(['panel', '--port', String(other)]);
    expect([asked.code, asked.stdout]).toEqual([2, '']);
    expect(asked.stderr).toContain(`The panel answers at port ${link.port} already, not at ${other}.`);
    expect(asked.stderr).toContain('holdfast panel');
    for (const port of [link.port, '0']) {
      const same = await holdfast.run(['panel', '--port', port]);
      expect([same.code, new URL(same.stdout.trim()).port]).toEqual([0, link.port]);
    }
    // What was refused changed nothing.
    expect(new URL(await freshLink(holdfast)).port).toBe(link.port);
  });

  it('is on 127.0.0.1 alone', async () => {
    expect(link.hostname).toBe('127.0.0.1');
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ address, scopeid }) => address !== '127.0.0.1' && !scopeid)
      .map(({ address }) => address);
    for (const host of ['127.0.0.2', '::1', ...others]) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host, port: Number(link.port) });
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => resolve(false));
      });
      expect([host, reached]).toEqual([host, false]);
    }
  });

  it('a socket that says what is no request is closed, and the engine goes on', async () => {
    const wire = await entered();
    wire.send({ call: 'secret.get' });
    const code = await wire.closed;
    expect(code).toBe(1008);
    expect((await holdfast.status('db'))[0]?.state).toBe('stopped');
  });
});

function textsUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'));
}

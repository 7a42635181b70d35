import { contractVersion } from '../../src/shared/contract/calls.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Holdfast } from '../support/holdfast.ts';
import { freshLink, panelLink } from '../support/panel-page.ts';

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
let cookie = '';

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

/** Opens a WebSocket; resolves with the status of a refusal, or with 101 and the first frame that `hello` brings. */
function upgrade(headers: Readonly<Record<string, string>>, path = '/ws'): Promise<{ status: number; frame: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${link.port}${path}`, { headers });
    socket.on('unexpected-response', (sent, answer) => {
      sent.destroy();
      resolve({ status: answer.statusCode ?? 0, frame: '' });
    });
    socket.on('open', () =>
      socket.send(JSON.stringify({ id: 1, call: 'hello', input: { client: 'panel', contract: contractVersion } })),
    );
    socket.on('message', (data) => {
      socket.terminate();
      resolve({ status: 101, frame: (data as Buffer).toString() });
    });
    socket.on('error', reject);
  });
}

/** The answers to calls made one after the other, as they came. */
function framesOf(list: readonly (readonly [call: string, input: object])[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${link.port}/ws`, { headers: { origin: own(), cookie } });
    const got: string[] = [];
    const all = [['hello', { client: 'panel', contract: contractVersion }] as const, ...list];
    const next = (): void => {
      const [call, input] = all[got.length] ?? [];
      if (call !== undefined) return socket.send(JSON.stringify({ id: got.length, call, input }));
      socket.terminate();
      resolve(got.join('\n'));
    };
    socket.on('open', next);
    socket.on('message', (data) => {
      got.push((data as Buffer).toString());
      next();
    });
    socket.on('close', (code) => reject(new Error(`closed with ${code}: ${got.join()}`)));
    socket.on('error', reject);
  });
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
  const opened = await ask(`${link.pathname}${link.search}`);
  cookie = (opened.headers['set-cookie'] ?? []).join('; ').split(';')[0] ?? '';
});
afterAll(() => holdfast.dispose());

describe('the way in', () => {
  it('trades a token for a cookie once', async () => {
    const fresh = new URL(await freshLink(holdfast));
    expect(fresh.host).toBe(link.host);
    const path = `${fresh.pathname}${fresh.search}`;
    const first = await ask(path);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['set-cookie']?.join()).toMatch(
      /^holdfast-panel=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
    const second = await ask(path);
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
  });

  it('does not spend a token on a request that it refuses', async () => {
    const fresh = new URL(await freshLink(holdfast));
    const path = `${fresh.pathname}${fresh.search}`;
    expect((await ask(path, { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(path, { method: 'POST' })).status).toBe(405);
    expect((await ask(path)).status).toBe(303);
  });

  it.each(['/open', '/open?token=', '/open?token=guessed', `/open?token=${'A'.repeat(43)}`])(
    'refuses %s',
    async (path) => {
      const answer = await ask(path);
      expect(answer.status).toBe(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  it('shows nothing without a cookie, or with another one', async () => {
    for (const given of ['', 'holdfast-panel=', `${cookie}x`, `other=1; x${cookie}`]) {
      const answer = await ask('/', given === '' ? {} : { headers: { cookie: given } });
      expect(answer.status).toBe(401);
      expect(answer.body).not.toContain('<');
    }
    expect((await ask('/', { headers: { cookie: `theme=dark; ${cookie}` } })).status).toBe(200);
  });
});

describe('other sites', () => {
  it.each(['evil.example', '127.0.0.1', 'localhost:1', 'panel.localhost', 'x'])(
    'an address of %s is not ours',
    async (host) => {
      for (const path of ['/', '/open?token=x', '/ws'])
        expect((await ask(path, { headers: { host, cookie } })).status).toBe(403);
      expect((await upgrade({ host, cookie, origin: `http://${host}` })).status).toBe(403);
    },
  );

  it.each(['http://evil.example', 'null', 'http://127.0.0.1', 'https://localhost'])(
    'an origin of %s is not ours',
    async (origin) => {
      expect((await ask('/', { headers: { origin, cookie } })).status).toBe(403);
      expect((await upgrade({ origin, cookie })).status).toBe(403);
    },
  );

  it('an origin of ours is let in, and the socket asks for it', async () => {
    expect((await ask('/', { headers: { origin: own(), cookie } })).status).toBe(200);
    expect((await upgrade({ cookie })).status).toBe(403);
    const { status, frame } = await upgrade({ origin: own(), cookie });
    expect(status).toBe(101);
    expect(JSON.parse(frame)).toMatchObject({ id: 1, ok: true, output: { contract: contractVersion } });
  });

  it('the socket is refused without a cookie, and elsewhere than at its path', async () => {
    expect((await upgrade({ origin: own() })).status).toBe(403);
    expect((await upgrade({ origin: own(), cookie: `${cookie}x` })).status).toBe(403);
    expect((await upgrade({ origin: own(), cookie }, '/')).status).toBe(403);
  });
});

describe('what is served', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    const answer = await ask('/', { method, headers: { cookie } });
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
  ])('nothing is at %s', async (path) => {
    const answer = await ask(path, { headers: { cookie } });
    expect(answer.status).toBe(404);
    expect(answer.body).toBe('There is nothing at this address.\n');
  });

  it('every answer carries the rules, refusals too', async () => {
    const answers = await Promise.all([
      ask('/', { headers: { cookie } }),
      ask('/'),
      ask('/nothing', { headers: { cookie } }),
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
    const index = await ask('/', { headers: { cookie } });
    const named = [...index.body.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(1);
    for (const name of named) {
      const file = await ask(`/${name}`, { headers: { cookie } });
      expect([name, file.status]).toEqual([name, 200]);
      expect(file.headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg\+xml|font\/)/);
    }
    const head = await ask('/', { method: 'HEAD', headers: { cookie } });
    expect([head.status, head.body, Number(head.headers['content-length'])]).toEqual([
      200,
      '',
      Buffer.byteLength(index.body),
    ]);
  });

  it('no answer holds a token, a session or a secret', async () => {
    const session = cookie.split('=')[1] ?? '';
    const paths = ['/', '/nothing', `${link.pathname}${link.search}`, '/index.html'];
    const answers = await Promise.all(paths.map((path) => ask(path, { headers: { cookie } })));
    const token = link.searchParams.get('token') ?? '';
    const secrets = [session, token, secretPassword, vaultPassphrase];
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
    const code = await new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${link.port}/ws`, { headers: { origin: own(), cookie } });
      socket.on('open', () => socket.send('{"call":"secret.get"}'));
      socket.on('close', resolve);
      socket.on('error', reject);
    });
    expect(code).toBe(1008);
    expect((await holdfast.status('db'))[0]?.state).toBe('stopped');
  });
});

function textsUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'));
}

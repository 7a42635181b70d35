import { once } from 'node:events';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BoundListener, bindListener } from '../../../src/main/engine/forward/listener.ts';
import { listeningInodes } from '../../../src/main/engine/forward/port-holder.ts';
import { PortRegistry } from '../../../src/main/engine/forward/port-registry.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import type { ListenEndpoint } from '../../../src/shared/model/forward-spec.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { freePort, needProgram } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

checkLeaks();

let registry: PortRegistry;
let folder: string;
const bound: { dispose(): void }[] = [];

beforeEach(() => {
  registry = new PortRegistry();
  folder = mkdtempSync(join(tmpdir(), 'hf-listener-'));
});

afterEach(() => {
  for (const item of bound.splice(0)) item.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function bind(
  endpoint: ListenEndpoint,
  over: { tunnel?: string; unlink?: boolean } = {},
): Promise<BoundListener> {
  const listener = await bindListener(endpoint, {
    where: 'the forward',
    tunnel: over.tunnel ?? 'prod',
    registry,
    unlink: over.unlink ?? false,
    onConnect: (socket) => {
      socket.on('error', () => {});
      socket.end('hello');
    },
    onAcceptError: () => {},
  });
  bound.push(listener);
  return listener;
}

const tcp = (host: string | null, port: number, lastPort = port): ListenEndpoint => ({
  kind: 'tcp',
  host,
  port,
  lastPort,
});
const unix = (path: string): ListenEndpoint => ({ kind: 'unix', path });

async function failure(
  endpoint: ListenEndpoint,
  over: { tunnel?: string; unlink?: boolean } = {},
): Promise<HoldfastError> {
  const thrown: unknown = await bind(endpoint, over).catch((error: unknown) => error);
  if (!(thrown instanceof HoldfastError)) throw new Error('it was bound');
  expect(thrown.where).toBe('the forward');
  return thrown;
}

async function greeted(place: { host: string; port: number } | { path: string }): Promise<boolean> {
  const socket = connect(place);
  return new Promise((resolve) => {
    socket.on('error', () => resolve(false));
    socket.on('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function occupy(host: string, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen({ host, port });
  await once(server, 'listening');
  bound.push({ dispose: () => server.close() });
  return { server, port: (server.address() as AddressInfo).port };
}

const portOf = (listener: BoundListener): number => Number(listener.address.split(':').at(-1));

describe('TCP listeners', () => {
  it('a bare port is both loopback addresses, with one port', async () => {
    const listener = await bind(tcp(null, 0));
    expect(listener.address).toMatch(/^127\.0\.0\.1:\d+$/);
    const port = portOf(listener);
    expect(await greeted({ host: '127.0.0.1', port })).toBe(true);
    expect(await greeted({ host: '::1', port })).toBe(true);
    listener.dispose();
    expect(await greeted({ host: '127.0.0.1', port })).toBe(false);
    expect(await greeted({ host: '::1', port })).toBe(false);
  });

  it.each([
    ['localhost', '127.0.0.1'],
    ['*', '0.0.0.0'],
    ['', '0.0.0.0'],
  ])('host "%s" shows %s', async (host, shown) => {
    const listener = await bind(tcp(host, 0));
    expect(listener.address).toBe(`${shown}:${portOf(listener)}`);
    expect(await greeted({ host: '::1', port: portOf(listener) })).toBe(true);
  });

  it('an IPv6 address is shown in brackets and is that address alone', async () => {
    const listener = await bind(tcp('::1', 0));
    expect(listener.address).toMatch(/^\[::1\]:\d+$/);
    expect(await greeted({ host: '::1', port: portOf(listener) })).toBe(true);
    expect(await greeted({ host: '127.0.0.1', port: portOf(listener) })).toBe(false);
  });

  it('binds nothing if one of its addresses is taken', async () => {
    const { port } = await occupy('::1');
    const error = await failure(tcp(null, port));
    expect(error.code).toBe('port-in-use');
    expect(await greeted({ host: '127.0.0.1', port })).toBe(false);
    expect(registry.holderOf({ kind: 'tcp', address: '127.0.0.1', port })).toBe(null);
  });

  it('takes the first free port of a range', async () => {
    const first = await bind(tcp('127.0.0.1', 0));
    const base = portOf(first);
    const listener = await bind(tcp('127.0.0.1', base, Math.min(65_535, base + 50)), { tunnel: 'other' });
    expect(portOf(listener)).toBeGreaterThan(base);
    expect(portOf(listener)).toBeLessThanOrEqual(base + 50);
  });

  it('names the tunnel of ours that holds a port, and offers another that is free', async () => {
    const port = portOf(await bind(tcp(null, 0), { tunnel: 'prod' }));
    const error = await failure(tcp(null, port), { tunnel: 'staging' });
    expect(error).toMatchObject({ code: 'port-in-use', message: `Port ${port} here is taken by tunnel prod.` });
    const offered = Number(/Port (\d+) is free/.exec(error.next)?.[1]);
    expect(portOf(await bind(tcp(null, offered)))).toBe(offered);
  });

  it('knows a wildcard of ours for the same port', async () => {
    const port = portOf(await bind(tcp('*', 0), { tunnel: 'wide' }));
    expect((await failure(tcp('127.0.0.1', port))).message).toContain('tunnel wide');
  });

  it('names program and pid of another holder', async () => {
    const port = await freePort();
    const child = spawn(needProgram('nc', 'netcat-openbsd'), ['-l', '127.0.0.1', String(port)], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    try {
      // Looked up and not tried: a try has the port for a moment, and nc, which tries once, may come in that moment.
      const listens = (): boolean => listeningInodes(readFileSync('/proc/net/tcp', 'latin1'), port).length > 0;
      await until(listens, { what: 'nc to listen' });
      const error = await failure(tcp('127.0.0.1', port));
      expect(error.code).toBe('port-in-use');
      expect(error.message).toBe(`Port ${port} here is taken by nc (pid ${child.pid}).`);
    } finally {
      child.kill();
      await exited;
    }
  });

  it('an address that is not ours is no matter of ports', async () => {
    const error = await failure(tcp('203.0.113.7', 8000, 8010));
    expect(error).toMatchObject({ code: 'bind-failed', message: 'This machine has no address 203.0.113.7 now.' });
  });

  it('a name without an address says so', async () => {
    expect((await failure(tcp('nowhere.invalid', 8000))).message).toContain('nowhere.invalid');
  });
});

describe('unix listeners', () => {
  it('has mode 0600, leaves nothing beside it and removes the file on close', async () => {
    const path = join(folder, 'db.sock');
    const listener = await bind(unix(path));
    expect(listener.address).toBe(path);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['db.sock']);
    expect(await greeted({ path })).toBe(true);
    listener.dispose();
    expect(existsSync(path)).toBe(false);
  });

  it('a path near the limit works as well; a longer one is refused with its length', async () => {
    const near = join(folder, 'x'.repeat(107 - folder.length - 1));
    await bind(unix(near));
    expect(lstatSync(near).mode & 0o777).toBe(0o600);
    expect(await greeted({ path: near })).toBe(true);
    const error = await failure(unix(`${near}y`));
    expect(error).toMatchObject({ code: 'bind-failed', retry: 'person' });
    expect(error.message).toContain('108 bytes');
  });

  it('a folder with no room for the private one is refused: a socket bound in its place would be open to others for a moment', async () => {
    const long = join(folder, 'd'.repeat(107 - folder.length - '/'.length - '/a.sock'.length));
    mkdirSync(long);
    const path = join(long, 'a.sock');
    expect(path.length).toBe(107);
    const error = await failure(unix(path));
    expect(error).toMatchObject({ code: 'bind-failed', retry: 'person' });
    expect(error.message).toMatch(/folder of the socket has a path of 100 bytes; .* takes 94 at most/);
    expect(readdirSync(long)).toEqual([]);
  });

  it('takes the place of a stale socket', async () => {
    const path = join(folder, 'stale.sock');
    const script = `import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()`;
    const child = spawn('python3', ['-c', script, path], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(lstatSync(path).isSocket()).toBe(true);
    await bind(unix(path));
    expect(await greeted({ path })).toBe(true);
  });

  it('leaves a live socket alone, even with unlink, and names the tunnel', async () => {
    const path = join(folder, 'live.sock');
    await bind(unix(path), { tunnel: 'prod' });
    const error = await failure(unix(path), { unlink: true, tunnel: 'staging' });
    expect(error).toMatchObject({ code: 'port-in-use', message: `${path} is taken by tunnel prod.` });
    expect(await greeted({ path })).toBe(true);
  });

  it('removes nothing that is not a socket', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'keep me');
    const link = join(folder, 'link.sock');
    symlinkSync(file, link);
    for (const path of [file, link]) {
      expect(await failure(unix(path), { unlink: true })).toMatchObject({
        code: 'bind-failed',
        message: `${path} exists and is not a socket.`,
      });
      expect(existsSync(path)).toBe(true);
    }
  });

  it('says that the folder is missing', async () => {
    const path = join(folder, 'none', 'x.sock');
    expect(await failure(unix(path))).toMatchObject({
      code: 'bind-failed',
      message: `The folder of ${path} does not exist.`,
    });
  });

  it('does not remove what took its place', async () => {
    const path = join(folder, 'x.sock');
    const listener = await bind(unix(path));
    rmSync(path);
    writeFileSync(path, 'somebody else');
    chmodSync(path, 0o600);
    listener.dispose();
    expect(existsSync(path)).toBe(true);
  });
});

describe('the registry', () => {
  it('forgets on dispose and keeps families apart', () => {
    const claim = registry.claim('a', { kind: 'tcp', address: '0.0.0.0', port: 80 });
    expect(registry.holderOf({ kind: 'tcp', address: '10.0.0.1', port: 80 })).toBe('a');
    expect(registry.holderOf({ kind: 'tcp', address: '::1', port: 80 })).toBe(null);
    expect(registry.holderOf({ kind: 'tcp', address: '0.0.0.0', port: 81 })).toBe(null);
    claim.dispose();
    expect(registry.holderOf({ kind: 'tcp', address: '0.0.0.0', port: 80 })).toBe(null);
    registry.claim('b', { kind: 'unix', path: '/x' });
    expect(registry.holderOf({ kind: 'unix', path: '/x' })).toBe('b');
  });
});

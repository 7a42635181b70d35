import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import type { HoldfastError } from '../../../src/shared/model/failure.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { createConnectionPool } from '../../../src/main/engine/pool/connection-pool.ts';
import type { AcquireResult, ConnectionPool, Lease } from '../../../src/main/engine/pool/pool.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeConnector, FakeLink, failure, hostNamed, trustOnce } from './fakes.ts';

const web = [hostNamed('web')];
const edge = hostNamed('edge');
const bastion = hostNamed('bastion');

let clock: FakeClock;
let connector: FakeConnector;
let pool: ConnectionPool;
let jitters: number[];

function newPool(options: { idleMs?: number; maxLifetimeMs?: number } = {}): ConnectionPool {
  pool.dispose();
  pool = createConnectionPool({
    connector,
    clock,
    log: silentLog,
    random: () => jitters.shift() ?? 0.5,
    idleMs: options.idleMs ?? 10_000,
    maxLifetimeMs: options.maxLifetimeMs ?? 0,
  });
  return pool;
}

beforeEach(() => {
  clock = new FakeClock();
  connector = new FakeConnector();
  jitters = [];
  pool = createConnectionPool({ connector, clock, log: silentLog, random: () => 0, idleMs: 0, maxLifetimeMs: 0 });
  newPool();
});

afterEach(() => {
  pool.dispose();
  expect(clock.pending, 'timers left').toBe(0);
  expect(
    connector.links.every((link) => link.isClosed),
    'links left open',
  ).toBe(true);
});

interface Asked {
  readonly seen: string[];
  readonly abort: AbortController;
  readonly result: Promise<AcquireResult>;
}

function ask(tunnel = 't', chain: readonly HostConfig[] = web): Asked {
  const seen: string[] = [];
  const abort = new AbortController();
  const result = pool.acquire({
    chain,
    tunnel,
    signal: abort.signal,
    observer: {
      onPhase: (phase, hop) => seen.push(`${phase} ${hop}`),
      onWaiting: (promptId) => seen.push(`waiting ${promptId}`),
    },
  });
  return { seen, abort, result };
}

async function leaseOf(asked: Asked): Promise<Lease> {
  const result = await asked.result;
  if (result.kind === 'failed') throw result.error;
  return result.lease;
}

/** A lease over new links. */
async function connected(chain: readonly HostConfig[] = web, tunnel = 't'): Promise<Lease> {
  connector.automatic = () => new FakeLink();
  const lease = await leaseOf(ask(tunnel, chain));
  connector.automatic = null;
  return lease;
}

function endOf(lease: Lease): HoldfastError[] {
  const ends: HoldfastError[] = [];
  lease.onDidEnd((error) => ends.push(error));
  return ends;
}

describe('one attempt for all', () => {
  it('ten askers make one connect and share one link', async () => {
    const asked = Array.from({ length: 10 }, (_, index) => ask(`t${index}`));
    expect(connector.calls).toHaveLength(1);
    const link = connector.call(0).succeed();
    const leases = await Promise.all(asked.map((one) => leaseOf(one)));
    expect(new Set(leases.map((lease) => lease.link))).toEqual(new Set([link]));
    expect(pool.connections()).toMatchObject([{ host: 'web', user: 'me', address: 'web.example.org:22', leases: 10 }]);
  });

  it('who comes later sees phase and prompt at once', async () => {
    const first = ask('one');
    connector.call(0).request.observer.onPhase('dial', 'web');
    connector.call(0).request.observer.onPhase('auth', 'web');
    connector.call(0).request.observer.onWaiting('p1');
    const second = ask('two');
    expect(second.seen).toEqual(['auth web', 'waiting p1']);
    connector.call(0).request.observer.onWaiting(null);
    expect(first.seen).toEqual(['dial web', 'auth web', 'waiting p1', 'waiting null']);
    expect(second.seen).toEqual(['auth web', 'waiting p1', 'waiting null']);
    expect(connector.call(0).request.tunnels()).toEqual(['one', 'two']);
  });

  it('a failure reaches all with one jitter, and the next asker starts anew', async () => {
    jitters = [0.25, 0.75];
    const asked = [ask('one'), ask('two')];
    connector.call(0).fail(failure('refused'));
    const results = await Promise.all(asked.map(({ result }) => result));
    expect(results).toMatchObject([
      { kind: 'failed', jitter: 0.25, error: { code: 'refused' } },
      { kind: 'failed', jitter: 0.25, error: { code: 'refused' } },
    ]);
    ask();
    expect(connector.calls).toHaveLength(2);
  });

  it('something unknown that is thrown becomes a typed failure', async () => {
    connector.connect = () => Promise.reject(new TypeError('x is not a function'));
    expect(await ask().result).toMatchObject({ kind: 'failed', error: { code: 'internal' } });
  });

  it('tells of an attempt once it can be joined', async () => {
    const keys: string[] = [];
    pool.onDidStartAttempt((key) => {
      keys.push(key);
      if (keys.length === 1) ask('joiner');
    });
    ask('first');
    ask('second');
    expect(keys).toEqual([pool.keyOf(web)]);
    expect(connector.calls).toHaveLength(1);
    expect(connector.call(0).request.tunnels()).toEqual(['first', 'joiner', 'second']);
  });

  it('other settings make another connection', async () => {
    ask('one');
    ask('two', [hostNamed('web', { user: 'root' })]);
    expect(connector.calls).toHaveLength(2);
  });

  it('a link that died while nobody looked is not handed out', async () => {
    ask();
    const link = new FakeLink();
    link.die(failure('link-lost'));
    connector.call(0).succeed(link);
    await settle();
    expect(pool.isConnected(web)).toBe(false);
    expect(pool.connections()).toEqual([]);
  });
});

describe('giving up', () => {
  it('ends the attempt when the last one leaves, not before', async () => {
    const [one, two] = [ask('one'), ask('two')];
    const { signal } = connector.call(0).request;
    one.abort.abort();
    expect(await one.result).toMatchObject({ kind: 'failed', error: { code: 'cancelled' } });
    expect(signal.aborted).toBe(false);
    expect(connector.call(0).request.tunnels()).toEqual(['two']);
    two.abort.abort();
    expect(signal.aborted).toBe(true);
    ask('three');
    expect(connector.calls).toHaveLength(2);
    expect(connector.call(1).request.signal.aborted).toBe(false);
  });

  it('a link that comes too late is closed', async () => {
    // This connector does not listen to the signal in time.
    const link = new FakeLink();
    connector.links.push(link);
    let finish: (link: FakeLink) => void = () => {};
    connector.connect = () => new Promise((resolve) => (finish = resolve));
    const { abort } = ask();
    abort.abort();
    finish(link);
    await settle();
    expect(link.disposed).toBe(true);
    expect(pool.connections()).toEqual([]);
  });

  it('a signal that is aborted already starts nothing', async () => {
    const result = await pool.acquire({
      chain: web,
      tunnel: null,
      observer: { onPhase() {}, onWaiting() {} },
      signal: AbortSignal.abort(),
    });
    expect(result.kind).toBe('failed');
    expect(connector.calls).toHaveLength(0);
  });
});

describe('leases', () => {
  it('keep the link; it goes when nobody has used it for the idle time', async () => {
    const lease = await connected();
    await clock.advance(3_600_000);
    expect(lease.link.isClosed).toBe(false);
    lease.dispose();
    lease.dispose();
    await clock.advance(9999);
    expect(lease.link.isClosed).toBe(false);
    await clock.advance(1);
    expect(lease.link.isClosed).toBe(true);
    expect(pool.connections()).toEqual([]);
  });

  it('changed limits hold for links that are there', async () => {
    const lease = await connected();
    await clock.advance(20_000);
    pool.configure({ idleMs: 1000, maxLifetimeMs: 30_000 });
    await clock.advance(9999);
    expect(lease.link.isClosed).toBe(false);
    await clock.advance(1);
    expect(lease.link.isClosed).toBe(true);
    const next = await connected();
    next.dispose();
    pool.configure({ idleMs: 500, maxLifetimeMs: 0 });
    await clock.advance(500);
    expect(next.link.isClosed).toBe(true);
  });

  it('a login that a person wants kept open outlasts the idle time, and no longer than was asked', async () => {
    const acquired = ask();
    const link = new FakeLink({ keepOpenMs: 3_600_000 });
    connector.call(-1).succeed(link);
    const lease = await leaseOf(acquired);
    await clock.advance(1_800_000);
    lease.dispose();
    await clock.advance(1_799_999);
    expect(link.isClosed).toBe(false);
    const late = await leaseOf(ask());
    await clock.advance(60_000);
    late.dispose();
    // The time is over: the settings hold again.
    await clock.advance(9999);
    expect(link.isClosed).toBe(false);
    await clock.advance(1);
    expect(link.isClosed).toBe(true);
  });

  it('a new lease within the idle time takes the same link and stops the timer', async () => {
    const lease = await connected();
    lease.dispose();
    await clock.advance(9999);
    const again = await leaseOf(ask());
    expect(again.link).toBe(lease.link);
    await clock.advance(60_000);
    expect(again.link.isClosed).toBe(false);
  });

  it('open channels count as use', async () => {
    const lease = await connected();
    const [link] = connector.links;
    if (link) link.channels = 1;
    lease.dispose();
    await clock.advance(35_000);
    expect(lease.link.isClosed).toBe(false);
    if (link) link.channels = 0;
    await clock.advance(10_000);
    expect(lease.link.isClosed).toBe(true);
  });

  it('end once when the link dies, however many errors, and not after they were given back', async () => {
    const [held, returned] = [await connected(), await leaseOf(ask())];
    const [ends, none] = [endOf(held), endOf(returned)];
    returned.dispose();
    connector.links[0]?.die(failure('link-dead'));
    connector.links[0]?.die(failure('protocol'));
    expect(ends.map(({ code }) => code)).toEqual(['link-dead']);
    expect(none).toEqual([]);
    expect(pool.isConnected(web)).toBe(false);
    held.dispose();
    await connected();
    expect(connector.calls).toHaveLength(2);
  });
});

describe('onlyExisting', () => {
  const only = (): Promise<AcquireResult> =>
    pool.acquire({
      chain: web,
      tunnel: 't',
      observer: { onPhase() {}, onWaiting() {} },
      signal: new AbortController().signal,
      onlyExisting: true,
    });

  it('neither dials nor joins an attempt', async () => {
    expect(await only()).toMatchObject({ kind: 'failed', error: { code: 'link-lost' } });
    ask();
    expect(await only()).toMatchObject({ kind: 'failed' });
    expect(connector.calls).toHaveLength(1);
  });

  it('takes a link that is up', async () => {
    const keys: string[] = [];
    pool.onDidConnect((key) => keys.push(key));
    const lease = await connected();
    expect(keys).toEqual([pool.keyOf(web)]);
    expect(await only()).toMatchObject({ kind: 'connected', lease: { link: lease.link } });
  });
});

describe('jump chains', () => {
  const chain = [edge, bastion, ...web];

  it('connect hop by hop, each over the link before it', async () => {
    const asked = ask('db', chain);
    expect(connector.call(0).request).toMatchObject({ host: { name: 'edge' }, via: null, target: 'web' });
    expect(connector.call(0).request.tunnels()).toEqual(['db']);
    const first = connector.call(0).succeed();
    await settle();
    expect(connector.call(1).request).toMatchObject({ host: { name: 'bastion' }, target: 'web' });
    expect(connector.call(1).request.via).toBe(first);
    const second = connector.call(1).succeed();
    await settle();
    expect(connector.call(2).request.via).toBe(second);
    connector.call(2).request.observer.onPhase('auth', 'web');
    connector.call(2).succeed();
    expect((await asked.result).kind).toBe('connected');
    expect(asked.seen).toEqual(['auth web']);
    expect(pool.connections().map(({ host, jump, leases }) => [host, jump, leases])).toEqual([
      ['edge', [], 1],
      ['bastion', ['edge'], 1],
      ['web', ['edge', 'bastion'], 1],
    ]);
  });

  it('one bastion login serves all hosts behind it, and its prompt names all tunnels and the first target', async () => {
    const [one, two] = [ask('one', [bastion, hostNamed('a')]), ask('two', [bastion, hostNamed('b')])];
    expect(connector.calls).toHaveLength(1);
    expect(connector.call(0).request.tunnels()).toEqual(['one', 'two']);
    connector.call(0).request.observer.onWaiting('p1');
    expect([one.seen, two.seen]).toEqual([['waiting p1'], ['waiting p1']]);
    connector.call(0).request.observer.onWaiting(null);
    connector.call(0).succeed();
    await settle();
    expect(connector.calls.map(({ request }) => request.host.name)).toEqual(['bastion', 'a', 'b']);
    for (const index of [1, 2]) connector.call(index).succeed();
    await Promise.all([one.result, two.result]);
    expect(pool.connections()[0]).toMatchObject({ host: 'bastion', leases: 2 });
  });

  it('a bastion that fails fails all behind it with one jitter', async () => {
    jitters = [0.1, 0.9];
    const asked = [ask('one', [bastion, hostNamed('a')]), ask('two', [bastion, hostNamed('b')])];
    connector.call(0).fail(failure('refused', 'bastion'));
    expect(await Promise.all(asked.map(({ result }) => result))).toMatchObject([
      { kind: 'failed', jitter: 0.1, error: { hop: 'bastion' } },
      { kind: 'failed', jitter: 0.1, error: { hop: 'bastion' } },
    ]);
  });

  it('giving up at the end gives up at the front, unless somebody else needs it', async () => {
    const [one, two] = [ask('one', chain), ask('two', [edge])];
    one.abort.abort();
    expect(connector.call(0).request.signal.aborted).toBe(false);
    two.abort.abort();
    expect(connector.call(0).request.signal.aborted).toBe(true);
  });

  it('giving up behind a bastion that is logged in lets it go after the idle time', async () => {
    const { abort } = ask('one', chain);
    const first = connector.call(0).succeed();
    await settle();
    abort.abort();
    await settle();
    await clock.advance(10_000);
    expect(first.isClosed).toBe(true);
  });

  it('a dead hop takes what is behind it along, and is named', async () => {
    const lease = await connected(chain);
    const ends = endOf(lease);
    connector.links[0]?.die(failure('link-dead', 'edge', 'edge does not answer.'));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ code: 'link-dead', hop: 'edge', where: 'edge' });
    expect(ends[0]?.message).toBe('The connection to web went with its jump host edge: edge does not answer.');
    expect(connector.links.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
    expect(pool.connections()).toEqual([]);
  });

  it('is named as well when the end notices first', async () => {
    const lease = await connected([bastion, ...web]);
    const ends = endOf(lease);
    const [hop, end] = connector.links;
    if (hop) hop.isClosed = true;
    end?.die(failure('link-lost'));
    expect(ends[0]).toMatchObject({ code: 'link-lost', hop: 'bastion' });
  });

  it('the bastion goes after the host behind it, when both are idle', async () => {
    const lease = await connected([bastion, ...web]);
    lease.dispose();
    await clock.advance(10_000);
    expect(connector.links.map(({ isClosed }) => isClosed)).toEqual([false, true]);
    await clock.advance(10_000);
    expect(connector.links.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it('a hop that dies during the attempt fails it', async () => {
    const asked = ask('one', [bastion, ...web]);
    const hop = connector.call(0).succeed();
    await settle();
    hop.die(failure('link-lost', 'bastion'));
    connector.call(1).succeed();
    expect(await asked.result).toMatchObject({ kind: 'failed', error: { code: 'link-lost' } });
    expect(pool.connections()).toEqual([]);
  });
});

describe('replace', () => {
  it('ends all leases as expired and makes room for a new link', async () => {
    const [one, two] = [await connected(), await leaseOf(ask())];
    const ends = [...[one, two].map((lease) => endOf(lease))];
    pool.replace(web);
    expect(ends.map((end) => end.map(({ code }) => code))).toEqual([['link-expired'], ['link-expired']]);
    expect(one.link.isClosed).toBe(true);
    const next = await connected();
    expect(next.link).not.toBe(one.link);
  });

  it('spares the link that somebody else has made since', async () => {
    const old = await connected();
    pool.replace(web, old.link);
    const next = await connected();
    pool.replace(web, old.link);
    expect(next.link.isClosed).toBe(false);
  });

  it('lets the bastion stay, but makes it prove that it lives', async () => {
    await connected([bastion, ...web]);
    pool.replace([bastion, ...web]);
    expect(connector.links.map(({ isClosed }) => isClosed)).toEqual([false, true]);
    expect(connector.links[0]?.verified).toEqual([5000]);
  });

  it('does not touch an attempt under way', async () => {
    const asked = ask();
    pool.replace(web);
    connector.call(0).succeed();
    expect((await asked.result).kind).toBe('connected');
  });
});

describe('lifetime', () => {
  it('0 is none', async () => {
    const lease = await connected();
    await clock.advance(10 * 24 * 3_600_000);
    expect(lease.link.isClosed).toBe(false);
  });

  it('a quiet link is replaced at once', async () => {
    newPool({ maxLifetimeMs: 60_000 });
    const lease = await connected();
    const ends = endOf(lease);
    await clock.advance(60_000);
    expect(ends.map(({ code }) => code)).toEqual(['link-expired']);
    expect(pool.isConnected(web)).toBe(false);
  });

  it('a busy one waits for a quiet moment, while new leases get a new link', async () => {
    newPool({ maxLifetimeMs: 60_000 });
    const lease = await connected();
    const [link] = connector.links;
    if (link) link.channels = 1;
    await clock.advance(60_000);
    expect(lease.link.isClosed).toBe(false);
    const next = await connected();
    expect(next.link).not.toBe(lease.link);
    await clock.advance(20_000);
    expect(lease.link.isClosed).toBe(false);
    if (link) link.channels = 0;
    await clock.advance(1000);
    expect(lease.link.isClosed).toBe(true);
    expect(next.link.isClosed).toBe(false);
  });

  it('but not for ever', async () => {
    newPool({ maxLifetimeMs: 60_000 });
    const lease = await connected();
    const [link] = connector.links;
    if (link) link.channels = 1;
    await clock.advance(120_000);
    expect(lease.link.isClosed).toBe(true);
  });
});

describe('keys trusted once', () => {
  const key = Buffer.from('key');

  it('last from try to try while somebody wants the connection, and no longer', async () => {
    const want = pool.want(web);
    ask();
    trustOnce(connector.call(0).request, 'web', key);
    connector.call(0).fail(failure('reset'));
    await settle();
    ask();
    expect(connector.call(1).request.memory.trustedOnce.get('web')).toEqual(key);
    connector.call(1).fail(failure('reset'));
    await settle();
    want.dispose();
    ask();
    expect(connector.call(2).request.memory.trustedOnce.size).toBe(0);
  });

  it('last as long as the link, and over its loss only if it is wanted', async () => {
    const asked = ask();
    trustOnce(connector.call(0).request, 'web', key);
    connector.call(0).succeed();
    const lease = await leaseOf(asked);
    const want = pool.want(web);
    connector.links[0]?.die(failure('link-lost'));
    lease.dispose();
    ask();
    expect(connector.call(1).request.memory.trustedOnce.size).toBe(1);
    connector.call(1).succeed();
    await settle();
    want.dispose();
    connector.links[1]?.die(failure('link-lost'));
    ask();
    expect(connector.call(2).request.memory.trustedOnce.size).toBe(0);
  });

  it('of the hops are kept by wanting the end', async () => {
    const chain = [bastion, ...web];
    pool.want(chain);
    ask('db', chain);
    trustOnce(connector.call(0).request, 'bastion', key);
    connector.call(0).fail(failure('reset', 'bastion'));
    await settle();
    ask('db', chain);
    expect(connector.call(1).request.memory.trustedOnce.size).toBe(1);
  });

  it('are not shared between hosts', async () => {
    pool.want(web);
    ask();
    trustOnce(connector.call(0).request, 'web', key);
    ask('t', [bastion]);
    expect(connector.call(1).request.memory.trustedOnce.size).toBe(0);
  });
});

it('verifyAll asks every link', async () => {
  await connected([bastion, ...web]);
  pool.verifyAll(3000);
  expect(connector.links.map(({ verified }) => verified)).toEqual([[3000], [3000]]);
});

it('dispose ends attempts and links, and nothing can be acquired after it', async () => {
  await connected([bastion, ...web]);
  const waiting = ask('x', [hostNamed('slow')]);
  pool.dispose();
  expect(await waiting.result).toMatchObject({ kind: 'failed' });
  expect(connector.calls.at(-1)?.request.signal.aborted).toBe(true);
  expect(connector.links.every(({ isClosed }) => isClosed)).toBe(true);
  expect(await ask().result).toMatchObject({ kind: 'failed' });
});

describe('what the pool tells of its links', () => {
  it('the round trip to each hop, measured only while somebody asks, and not at every asking', async () => {
    const chain = [bastion, hostNamed('web')];
    expect(pool.roundTrips(chain)).toEqual([null, null]);
    const lease = await connected(chain);
    const [first, second] = connector.links;
    if (first === undefined || second === undefined) throw new Error('two links were expected');
    second.onPing = async () => 15;
    expect(pool.roundTrips(chain)).toEqual([null, null]);
    await settle();
    expect(pool.roundTrips(chain)).toEqual([12, 15]);
    await clock.advance(60_000);
    expect([first.pings, second.pings]).toEqual([1, 1]);
    // No answer: the time of before is no news, and the link is not ended for it.
    first.onPing = () => Promise.reject(failure('link-dead'));
    pool.roundTrips(chain);
    await settle();
    expect(pool.roundTrips(chain)).toEqual([null, 15]);
    expect([first.pings, second.pings, first.isClosed]).toEqual([2, 2, false]);
    lease.dispose();
  });

  it('when a link ends: not while it is used, then after the idle time, or by its age', async () => {
    const ends = () => pool.connections()[0]?.endsAtMs ?? null;
    const lease = await connected();
    expect(ends()).toBeNull();
    await clock.advance(3000);
    lease.dispose();
    await clock.advance(2000);
    expect(ends()).toBe(clock.wallNow() + 8000);
    pool.configure({ idleMs: 10_000, maxLifetimeMs: 6000 });
    expect(ends()).toBe(clock.wallNow() + 1000);
  });
});

it('a server that was slow is still known to be so at the next try and after others, each connection by itself', async () => {
  const slow = ask();
  connector.call(0).request.patience.handshakeMs = 30_000;
  connector.call(0).fail(failure('timeout'));
  await slow.result;
  ask('t', [hostNamed('other')]);
  expect(connector.call(1).request.patience.handshakeMs).toBe(0);
  const lease = leaseOf(ask());
  expect(connector.call(2).request.patience.handshakeMs).toBe(30_000);
  connector.call(2).succeed().die(failure('link-lost'));
  await lease.catch(() => {});
  ask();
  expect(connector.call(3).request.patience.handshakeMs).toBe(30_000);
});

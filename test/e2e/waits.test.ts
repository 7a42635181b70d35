import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { serveLate } from '../support/hostile-servers.ts';
import { clientOf, endOwned, exchange, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';
import { happenings, into, named, sshd, toEcho } from './fault-scene.ts';

/** Waits between tries, and clients that come while they last, in the whole engine over a real sshd. */

endOwned();

const long = 'backoff = { first = "1h", cap = "1h" }';

async function scene(lines: readonly string[], options: Parameters<typeof sshd>[0] = {}) {
  const server = await sshd(options);
  const proxy = own(await startFaultProxy(server.port));
  const rig = await TunnelRig.start(
    hostTable('box', server, { port: proxy.port }) +
      tunnelTable('db', 'box', [await toEcho()], lines) +
      tunnelTable('web', 'box', [await toEcho()], lines),
    [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)],
  );
  return { server, proxy, rig };
}

describe('a client that knocks during a wait', () => {
  it('for a server that is back: it is tried at once, for all its tunnels, and every 3 s until then', async () => {
    const { proxy, rig } = await scene([long]);
    const [address = ''] = await rig.upWhole('db');
    await rig.upWhole('web');
    await proxy.refuse();
    proxy.reset();
    await rig.reach('db', ({ state }) => state.kind === 'retrying', 'to be lost');
    const first = exchange(address, Buffer.from('early'));
    await rig.reach('db', ({ parked, attempt }) => parked === 1 && attempt >= 2, 'to be tried for the client again');
    await proxy.reopen();
    expect((await first).toString()).toBe('early');
    await rig.running('web');
    expect((await exchange(address, Buffer.from('late'))).toString()).toBe('late');
  });

  it('never has a refused login tried again', async () => {
    const { server, proxy, rig } = await scene([long]);
    const [address = ''] = await rig.upWhole('db');
    server.setAuthorizedKeys([]);
    proxy.reset();
    // The first try finds out that the login is refused.
    clientOf(address);
    await rig.reach('db', ({ state }) => state.kind === 'retrying' && state.cause.code === 'auth-failed', 'refused');
    const before = proxy.accepted;
    for (let i = 0; i < 5; i += 1) clientOf(address);
    await rig.reach('db', ({ parked }) => parked >= 5, 'to have clients that wait');
    // As long as a passing fault would have been waited for.
    const sinceMs = performance.now();
    await until(() => performance.now() - sinceMs > 3500, { what: 'the time of a try' });
    expect((await rig.status('db')).state.kind).toBe('retrying');
    expect(proxy.accepted).toBe(before);
  });
});

it('a server that drops its links again and again but answers at once is there again each time, with short waits', async () => {
  const { proxy, rig } = await scene(['stable = "1s"', 'backoff = { first = "100ms", cap = "1h" }', 'park = "0s"']);
  await rig.upWhole('db');
  for (let drops = 1; drops <= 8; drops += 1) {
    const sinceMs = performance.now();
    await until(() => performance.now() - sinceMs > 1200, { what: 'a link that lasts' });
    proxy.reset();
    await rig.reach('db', ({ reconnects }) => reconnects === drops, `to be back after ${drops} losses`);
  }
  const waits = into(await rig.client.call('logs', { tunnel: 'db', lines: 1000 }), 'retrying');
  expect(Math.max(...waits.map((line) => Number(line.fields['waitMs'])))).toBeLessThanOrEqual(100);
});

it('a server that always says hello later than connect-timeout is reached at the next try; the cause names the setting', async () => {
  const server = await sshd();
  const late = own(await serveLate(server.port, 1600));
  const rig = await TunnelRig.start(
    hostTable('box', server, { port: late.port, lines: ['connect-timeout = "1s"'] }) +
      tunnelTable('db', 'box', [await toEcho()], ['backoff = { first = "100ms", cap = "1s" }']),
    [server.knownHostsLine('ed25519', `[127.0.0.1]:${late.port}`)],
  );
  const [address = ''] = await rig.upWhole('db');
  expect((await exchange(address, Buffer.from('slow but sure'))).toString()).toBe('slow but sure');
  const [failed] = named(await happenings(rig, 'db'), 'failed');
  expect(failed?.cause).toMatchObject({
    code: 'timeout',
    message: 'box took the connection but did not say hello in 1 s.',
    next: expect.stringContaining('The next try waits 2 s; if it is always so slow, raise connect-timeout of box.'),
  });
});

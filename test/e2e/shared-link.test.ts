import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/processes.ts';
import { clientOf, endOwned, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';
import { happenings, into, named, sshd, toEcho } from './fault-scene.ts';

/** One login for many tunnels: what one of them may do to the others, in the whole engine over a real sshd. */

endOwned();

/** What comes back for `text` over a connection that stays open. */
async function say(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data') as Promise<[Buffer]>;
  socket.write(text);
  return (await answer)[0].toString();
}

const autossh = ['backoff = "autossh"', 'gate-time = "30s"'];

describe("a tunnel's own check that fails while the server answers", () => {
  it('touches that tunnel alone: one login, and the clients of the others go on', async () => {
    const server = await sshd({ allowTcpForwarding: 'local' });
    const closed = await freePort();
    const probes = {
      exec: 'probe = { type = "exec", command = "exit 1" }',
      echo: `probe = { type = "echo", host = "127.0.0.1", port = ${closed} }`,
      loop: 'probe = "loop"',
    };
    let config = hostTable('box', server) + tunnelTable('healthy', 'box', [await toEcho()]);
    for (const [name, probe] of Object.entries(probes)) {
      const often = ['poll = "1s"', 'first-poll = "1s"', 'probe-timeout = "5s"', probe];
      config += tunnelTable(name, 'box', [await toEcho()], often);
      config += tunnelTable(`${name}-autossh`, 'box', [await toEcho()], [...often, ...autossh]);
    }
    const rig = await TunnelRig.start(config, [server.knownHostsLine()]);
    const [address = ''] = await rig.upWhole('healthy');
    const client = clientOf(address);
    expect(await say(client, 'before')).toBe('before');
    const names = Object.keys(probes);
    await rig.up(...names, ...names.map((name) => `${name}-autossh`));
    for (const name of names) {
      const row = await rig.reach(name, ({ state }) => state.kind === 'running' && state.degraded !== null, 'degraded');
      expect(row.forwards[0]?.state).toBe('up');
      const lost = async (): Promise<number> =>
        into(await rig.client.call('logs', { tunnel: `${name}-autossh`, lines: 1000 }), 'retrying').length;
      await until(async () => (await lost()) >= 4, { what: `${name}-autossh to be tried again and again` });
    }
    expect(await say(client, 'after')).toBe('after');
    expect(named(await happenings(rig, 'healthy'), 'lost')).toEqual([]);
    for (const name of names) expect(named(await happenings(rig, name), 'lost')).toEqual([]);
    expect(server.log().split('Accepted publickey').length - 1).toBe(1);
  });

  it('a check that fails by silence, with the server: then the link is replaced for all, and all heal', async () => {
    const server = await sshd();
    const proxy = own(await startFaultProxy(server.port));
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port, lines: ['connect-timeout = "2s"', 'alive-interval = "0s"'] }) +
        tunnelTable('other', 'box', [await toEcho()]) +
        tunnelTable(
          'checked',
          'box',
          [await toEcho()],
          ['probe = { type = "exec", command = "true" }', 'poll = "1s"', 'first-poll = "1s"', 'probe-timeout = "1s"'],
        ),
      [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)],
    );
    await rig.upWhole('other');
    await rig.upWhole('checked');
    proxy.hole();
    for (const name of ['checked', 'other'])
      await rig.reach(name, ({ state }) => state.kind !== 'running', 'to lose its link');
    proxy.pass();
    for (const name of ['checked', 'other'])
      await rig.reach(name, ({ state, reconnects }) => state.kind === 'running' && reconnects === 1, 'to heal');
  });
});

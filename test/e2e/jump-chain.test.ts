import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveEcho } from '../support/echo-servers.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startPamSshd, type TestPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { isRoot } from '../support/root.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { makeTempFolder } from '../support/temp.ts';
import { countOf } from '../support/test-server.ts';
import { endOwned, exchange, hostTable, own, TunnelRig, tunnelTable } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';

/** Jump chains, shared bastions and many tunnels over one host, through the built engine. */

endOwned();

const noPam = whyNoPam();

/** An sshd for a key and a user of its own: another account where the test may choose one. */
async function serverWithOwnKey(name: string): Promise<{ server: TestSshd; user: string; clientKey: string }> {
  const folder = own(makeTempFolder(`holdfast-${name}-`));
  const clientKey = folder.file('key');
  const line = makeKey(clientKey, { type: 'ed25519', comment: name });
  if (!isRoot) {
    const server = own(await startSshd({ freshHostKeys: true, authorizedKeys: [line] }));
    return { server, user: server.user, clientKey };
  }
  // The file in the server's folder is root's alone: another account's keys come by a command.
  const list = folder.file('list');
  writeFileSync(list, `${line}\n`);
  chmodSync(folder.path, 0o755);
  chmodSync(list, 0o644);
  const server = own(
    await startSshd({
      freshHostKeys: true,
      authorizedKeys: [],
      config: ['AuthorizedKeysFile none', `AuthorizedKeysCommand /bin/cat ${list}`, 'AuthorizedKeysCommandUser root'],
    }),
  );
  return { server, user: 'daemon', clientKey };
}

describe.skipIf(noPam !== null)(`chains with a one-time code${noPam === null ? '' : ` (${noPam})`}`, () => {
  let bastion: TestPamSshd;
  beforeAll(async () => {
    bastion = await startPamSshd({ freshHostKeys: true, authenticationMethods: 'publickey,keyboard-interactive' });
  });
  afterAll(() => bastion.stop());

  const logins = (server: TestSshd): number => countOf(server.log(), '\nAccepted ') + countOf(server.log(), 'partial');

  it('three hosts with keys and users of their own: each hop asks for its key, the second for a code', async () => {
    const edge = await serverWithOwnKey('edge');
    const inner = await serverWithOwnKey('inner');
    const echo = own(await serveEcho());
    const rig = await TunnelRig.start(
      hostTable('edge', { port: edge.server.port, user: edge.user, clientKey: edge.clientKey }) +
        hostTable('middle', bastion) +
        hostTable(
          'inner',
          { port: inner.server.port, user: inner.user, clientKey: inner.clientKey },
          { lines: ['jump = ["edge", "middle"]'] },
        ) +
        tunnelTable('deep', 'inner', [
          `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
          `remote 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
        ]),
    );
    await rig.up('deep');
    for (const [hop, server] of [
      ['edge', edge.server],
      ['middle', bastion],
      ['inner', inner.server],
    ] as const) {
      const prompt = await rig.prompted(({ kind }) => kind === 'host-key', `the key of ${hop}`);
      expect(prompt).toMatchObject({ hop, host: 'inner', address: server.address, tunnels: ['deep'] });
      expect(prompt.hostKey?.fingerprint).toBe(server.fingerprint('ed25519'));
      await rig.answer(prompt.id, 'yes');
      if (hop === 'middle') {
        const code = await rig.prompted(({ kind }) => kind === 'otp', 'the code of middle');
        expect(code).toMatchObject({ hop: 'middle', host: 'inner', mayRemember: false });
        // Nobody has spoken to the last host before the one in front of it has let us in.
        expect(inner.server.log()).not.toContain('Connection from');
        await rig.answer(code.id, { value: bastion.nextCode() });
      }
    }
    const { forwards } = await rig.running('deep');
    for (const forward of forwards) {
      expect((await exchange(forward.listen ?? '', Buffer.from('deep'))).toString()).toBe('deep');
    }
    const connections = await rig.client.call('connections', {});
    expect(connections.map(({ host, user, jump }) => ({ host, user, jump }))).toEqual([
      { host: 'edge', user: edge.user, jump: [] },
      { host: 'middle', user: bastion.user, jump: ['edge'] },
      { host: 'inner', user: inner.user, jump: ['edge', 'middle'] },
    ]);
    // Each host was reached from the one before and got its own login alone.
    for (const { server, user } of [edge, inner]) {
      expect(server.log()).toContain(`Accepted publickey for ${user} from 127.0.0.1`);
      expect(countOf(server.log(), 'Accepted publickey')).toBe(1);
    }
  });

  it('a changed key at the second hop: no login there, and nothing of the third', async () => {
    const edge = await serverWithOwnKey('edge');
    const inner = await serverWithOwnKey('inner');
    const rig = await TunnelRig.start(
      hostTable('edge', { port: edge.server.port, user: edge.user, clientKey: edge.clientKey }) +
        hostTable('middle', bastion) +
        hostTable(
          'inner',
          { port: inner.server.port, user: inner.user, clientKey: inner.clientKey },
          { lines: ['jump = ["edge", "middle"]'] },
        ) +
        tunnelTable('deep', 'inner', ['dynamic 127.0.0.1:0']),
      [
        edge.server.knownHostsLine(),
        inner.server.knownHostsLine('ed25519', `[127.0.0.1]:${bastion.port}`),
        inner.server.knownHostsLine(),
      ],
    );
    const before = bastion.log().length;
    await rig.up('deep');
    const row = await rig.reach('deep', ({ state }) => state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({
      cause: { code: 'host-key-changed', message: expect.stringContaining('middle') },
    });
    expect(await rig.client.call('prompts', {})).toEqual([]);
    await until(() => /Connection (closed|reset)|Disconnected/.test(bastion.log().slice(before)), {
      what: 'middle to see us go',
      seen: () => bastion.log().slice(before),
    });
    expect(bastion.log().slice(before)).not.toMatch(/Accepted|Failed|userauth|Postponed|user /);
    expect(inner.server.log()).not.toContain('Connection from');
  });

  it('two tunnels through one bastion: one login there and one code, also when both are lost', async () => {
    const [one, two] = [own(await startSshd({ freshHostKeys: true })), own(await startSshd({ freshHostKeys: true }))];
    const echo = own(await serveEcho());
    const rig = await TunnelRig.start(
      hostTable('bastion', bastion) +
        hostTable('one', one, { lines: ['jump = ["bastion"]'] }) +
        hostTable('two', two, { lines: ['jump = ["bastion"]'] }) +
        tunnelTable('a', 'one', [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`]) +
        tunnelTable('b', 'two', [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`]),
      [bastion.knownHostsLine(), one.knownHostsLine(), two.knownHostsLine()],
    );
    const before = logins(bastion);
    await rig.up('a', 'b');
    const code = await rig.prompted(({ tunnels }) => tunnels.length === 2, 'the one of both');
    expect(code).toMatchObject({ kind: 'otp', hop: 'bastion' });
    expect([...code.tunnels].sort()).toEqual(['a', 'b']);
    expect(await rig.client.call('prompts', {})).toHaveLength(1);
    await rig.answer(code.id, { value: bastion.nextCode() });
    for (const name of ['a', 'b']) {
      const [forward] = (await rig.running(name)).forwards;
      expect((await exchange(forward?.listen ?? '', Buffer.from(name))).toString()).toBe(name);
    }
    const once = logins(bastion) - before;
    expect(once).toBeGreaterThan(0);
    bastion.killSessions();
    const again = await rig.prompted(({ tunnels }) => tunnels.length === 2, 'the one of both after the loss');
    expect(await rig.client.call('prompts', {})).toHaveLength(1);
    await rig.answer(again.id, { value: bastion.nextCode() });
    for (const name of ['a', 'b'])
      await rig.reach(name, (row) => row.state.kind === 'running' && row.reconnects === 1, 'to heal');
    expect(logins(bastion) - before).toBe(2 * once);
    expect(countOf(one.log(), 'Accepted publickey')).toBe(2);
  });
});

describe('ten tunnels over one host', () => {
  it('make one connection, one loss each, one attempt at a time, and one connection again', async () => {
    const server = own(await startSshd());
    const proxy = own(await startFaultProxy(server.port));
    const echo = own(await serveEcho());
    const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) +
        names
          .map((name) =>
            tunnelTable(
              name,
              'box',
              [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`],
              ['backoff = { first = "200ms", cap = "400ms" }'],
            ),
          )
          .join(''),
      [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)],
    );
    await rig.up();
    await Promise.all(names.map((name) => rig.running(name)));
    expect(proxy.accepted).toBe(1);
    expect(countOf(server.log(), 'Connection from')).toBe(1);
    expect(await rig.client.call('connections', {})).toMatchObject([{ leases: 10 }]);

    await server.kill();
    proxy.reset();
    // Each try comes as far as the proxy, which finds nobody behind it.
    const attempts = async (): Promise<number[]> =>
      (await rig.client.call('status', { names: [] })).map((row) => row.attempt);
    let seen: number[] = [];
    await until(
      async () => {
        const tries = proxy.accepted - 1;
        seen = await attempts();
        // Whoever joins an attempt counts it; ten attempts of their own would be ten times as many.
        expect(tries).toBeLessThanOrEqual(Math.max(...seen));
        return tries >= 4;
      },
      { what: 'four tries', seen: () => seen },
    );
    expect(Math.max(...seen) - Math.min(...seen)).toBeLessThanOrEqual(1);
    await server.restart();
    await Promise.all(
      names.map((name) => rig.reach(name, (row) => row.state.kind === 'running' && row.reconnects === 1, 'to heal')),
    );
    expect(countOf(server.log(), 'Accepted publickey')).toBe(2);
    expect(proxy.live).toBe(1);
    const history = await rig.client.call('history', { names, limit: 1000 });
    for (const name of names)
      expect(history.filter((event) => event.tunnel === name && event.what === 'lost')).toHaveLength(1);
  });
});

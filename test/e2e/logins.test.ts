import { spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serveTcp } from '../support/echo-servers.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { canUsePam, startPamSshd, type TestPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { tempFolder } from '../support/temp.ts';
import { countOf } from '../support/test-server.ts';
import { endOwned, exchange, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';
import { logLines, into, sshd, toEcho } from './fault-scene.ts';

/** Logins that go wrong, through the whole engine: how often a person and a server are asked, what is said, and what is never written down. */

endOwned();

const hello = Buffer.from('through the tunnel');

/** Connections that the server has counted. */
function connections(server: { log(): string }): number {
  return countOf(server.log(), 'Connection from');
}

/** Files of the profile that hold one of these words; logs, state and configuration are all in there. */
function filesWith(rig: TunnelRig, words: readonly string[]): string {
  const args = words.flatMap((word) => ['-e', word]);
  return spawnSync('grep', ['-rawl', ...args, rig.holdfast.home], { encoding: 'utf8' }).stdout;
}

describe('keys and agents', () => {
  it('a rejected key is tried twice, then it is DEAD and the server left alone until a person acts', async () => {
    const server = await sshd({ authorizedKeys: [] });
    const rig = await TunnelRig.start(hostTable('box', server) + tunnelTable('db', 'box', [await toEcho()]), [
      server.knownHostsLine(),
    ]);
    await rig.up('db');
    const row = await rig.reach('db', (now) => now.state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({
      cause: {
        code: 'auth-failed',
        where: 'box',
        message: expect.stringMatching(/client_key.* turned down/) as string,
      },
    });
    expect(connections(server)).toBe(2);
    expect(into(await logLines(rig, 'db'), 'retrying').length).toBe(1);
    server.setAuthorizedKeys([server.clientKeyLine]);
    await rig.client.call('restart', { names: ['db'], all: false });
    await rig.running('db');
    expect(connections(server)).toBe(3);
  });

  it('an agent that is gone or mute costs at most its 5 s, then the key file is used; alone it is named', async () => {
    const server = await sshd();
    const folder = tempFolder();
    const mute = own(
      await serveTcp((socket) => socket.resume().on('end', () => socket.end()), folder.file('mute.sock')),
    );
    const host = (name: string, socket: string, identity: string): string =>
      hostTable(name, server)
        .replace('agent = false', `agent = "${folder.file(socket)}"`)
        .replace(/identity = .*/, identity);
    const key = `identity = ["${server.clientKey}"]`;
    const forward = ['local 127.0.0.1:0 -> 127.0.0.1:9'];
    const rig = await TunnelRig.start(
      host('gone', 'gone.sock', key) +
        host('mute', 'mute.sock', key) +
        host('alone', 'gone.sock', `identity = ["${server.clientKey}.pub"]\nidentities-only = true`) +
        hostTable('box', server) +
        ['gone', 'mute', 'alone'].map((name) => tunnelTable(`by-${name}`, name, forward)).join('') +
        tunnelTable('good', 'box', [await toEcho()]),
      [server.knownHostsLine()],
    );
    renameSync(server.clientKey, `${server.clientKey}.away`);
    await rig.up('by-alone');
    const dead = await rig.reach('by-alone', (row) => row.state.kind === 'dead', 'to give up');
    expect(dead.state).toMatchObject({
      cause: { where: 'alone', message: expect.stringContaining('gone.sock') as string },
    });
    renameSync(`${server.clientKey}.away`, server.clientKey);
    await rig.up('by-mute', 'by-gone', 'good');
    await rig.running('by-gone');
    const good = (await rig.running('good')).forwards[0]?.listen ?? '';
    expect(await exchange(good, hello)).toEqual(hello);
    await rig.running('by-mute');
    await until(() => mute.sockets.size === 0, { what: 'the agent to be let go' });
    const warned = JSON.stringify(await rig.client.call('logs', { tunnel: null, lines: 1000 }));
    expect(warned).toContain('mute.sock');
  });

  it('a key file removed while it runs: the link stays; after a loss the file is named, and DEAD ends when it is back', async () => {
    const server = await sshd();
    const proxy = own(await startFaultProxy(server.port));
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) + tunnelTable('db', 'box', [await toEcho()]),
      [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)],
    );
    const [address = ''] = await rig.upWhole('db');
    renameSync(server.clientKey, `${server.clientKey}.away`);
    expect(await exchange(address, hello)).toEqual(hello);
    proxy.reset();
    const row = await rig.reach('db', (now) => now.state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({
      cause: { code: 'key-unreadable', where: 'box', message: expect.stringContaining('client_key') as string },
    });
    renameSync(`${server.clientKey}.away`, server.clientKey);
    await rig.up('db');
    await rig.running('db');
  });
});

describe.skipIf(!canUsePam())(`one-time codes${whyNoPam() === null ? '' : `: ${whyNoPam()}`}`, () => {
  async function asking(options: Parameters<typeof startPamSshd>[0]): Promise<{ server: TestPamSshd; rig: TunnelRig }> {
    const server = own(await startPamSshd(options));
    const rig = await TunnelRig.start(hostTable('box', server) + tunnelTable('db', 'box', [await toEcho()]), [
      server.knownHostsLine(),
    ]);
    await rig.up('db');
    return { server, rig };
  }

  /** Answers the open prompt, which must be of this kind and round. */
  async function answer(rig: TunnelRig, kind: string, round: number, value: string, seen: Set<string>): Promise<void> {
    const prompt = await rig.prompted(({ id }) => !seen.has(id), `${kind}, round ${round}`);
    seen.add(prompt.id);
    expect(prompt).toMatchObject({ kind, round, host: 'box', hop: 'box', tunnels: ['db'] });
    expect((await rig.status('db')).state).toEqual({ kind: 'interactive', promptId: prompt.id });
    const given = await rig.holdfast.run(['answer', prompt.id], `${value}\n`);
    expect(given.code, given.stderr).toBe(0);
    expect(given.stdout + given.stderr).not.toContain(value);
  }

  it('key, then a code: a wrong one asks again as round 2, the right one connects; no code is ever written', async () => {
    const { server, rig } = await asking({ authenticationMethods: 'publickey,keyboard-interactive' });
    const codes = [server.wrongCode(), server.nextCode()];
    const seen = new Set<string>();
    await answer(rig, 'otp', 1, codes[0] ?? '', seen);
    await answer(rig, 'otp', 2, codes[1] ?? '', seen);
    const address = (await rig.running('db')).forwards[0]?.listen ?? '';
    expect(await exchange(address, hello)).toEqual(hello);
    expect(connections(server)).toBe(1);
    // After a loss the code is asked for anew, never sent again.
    server.killSessions();
    await answer(rig, 'otp', 1, server.nextCode(), seen);
    await rig.running('db');
    await rig.holdfast.end();
    expect(filesWith(rig, codes)).toBe('');
  });

  it('three wrong codes: DEAD, and the server hears nothing more until a person acts', async () => {
    const { server, rig } = await asking({ authenticationMethods: 'keyboard-interactive' });
    const wrong = server.wrongCode();
    const seen = new Set<string>();
    for (const round of [1, 2, 3]) await answer(rig, 'otp', round, wrong, seen);
    const row = await rig.reach('db', (now) => now.state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({
      cause: { code: 'auth-failed', where: 'box', message: expect.stringContaining('3 answers turned down') as string },
    });
    expect(await rig.client.call('prompts', {})).toEqual([]);
    expect(connections(server)).toBe(1);
    await rig.up('db');
    await answer(rig, 'otp', 1, server.nextCode(), seen);
    await rig.running('db');
    expect(connections(server)).toBe(2);
    await rig.holdfast.end();
    expect(filesWith(rig, [wrong])).toBe('');
  });

  it('password, then code: both are asked for, and neither is written anywhere', async () => {
    const { server, rig } = await asking({
      authenticationMethods: 'keyboard-interactive',
      rounds: ['password', 'otp'],
      message: 'Welcome to \u001b[31mthe bank',
    });
    const code = server.nextCode();
    const seen = new Set<string>();
    await answer(rig, 'password', 1, server.password, seen);
    await answer(rig, 'otp', 1, code, seen);
    await rig.running('db');
    await rig.holdfast.end();
    expect(filesWith(rig, [server.password, code])).toBe('');
    expect(filesWith(rig, ['box'])).not.toBe('');
  });

  it('a locked key, then a code: the passphrase is asked for first, here, and is not written either', async () => {
    const folder = tempFolder();
    const line = makeKey(folder.file('locked'), { passphrase: 'correct-horse-battery' });
    const server = own(
      await startPamSshd({ authenticationMethods: 'publickey,keyboard-interactive', authorizedKeys: [line] }),
    );
    const host = hostTable('box', { port: server.port, user: server.user, clientKey: folder.file('locked') });
    const rig = await TunnelRig.start(host + tunnelTable('db', 'box', [await toEcho()]), [server.knownHostsLine()]);
    await rig.up('db');
    const seen = new Set<string>();
    await answer(rig, 'passphrase', 1, 'wrong-horse', seen);
    await answer(rig, 'passphrase', 2, 'correct-horse-battery', seen);
    await answer(rig, 'otp', 1, server.nextCode(), seen);
    await rig.running('db');
    await rig.holdfast.end();
    expect(filesWith(rig, ['correct-horse-battery', 'wrong-horse'])).toBe('');
  });
});

import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { serveTcp } from '../support/echo-servers.ts';
import { serveBytes, serveMute } from '../support/hostile-servers.ts';
import { freePort } from '../support/processes.ts';
import { endOwned, exchange, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';
import { cpuMs, descriptors, happenings, into, logLines, named, sshd, toEcho } from './fault-scene.ts';

/** Servers that are broken or mean to harm, seen through the whole engine: what a person reads, and that nobody else is hurt. */

endOwned();

const hello = Buffer.from('through the tunnel');
/** What must never reach a terminal: C0 without newline and tab, DEL, C1, and marks that reorder text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
const evilText = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\u200b\r\nbox: enter the password of your bank';

interface Bad {
  readonly port: number;
  readonly code: string;
  readonly message: RegExp;
  readonly where?: string;
  readonly address?: string;
}

async function badServers(): Promise<Record<string, Bad>> {
  const bytes = async (...args: Parameters<typeof serveBytes>): Promise<number> => own(await serveBytes(...args)).port;
  const longPacket = Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(200)]);
  const badKexInit = Buffer.concat([Buffer.from([0, 0, 0, 28, 10]), Buffer.alloc(200, 20)]);
  const over = { repeat: true };
  return {
    garbage: {
      port: await bytes([Buffer.alloc(65_536, 0xff)], over),
      code: 'protocol',
      message: /too much before its hello/,
    },
    web: {
      port: await bytes(['HTTP/1.1 400 Bad Request\r\n\r\n']),
      code: 'protocol',
      message: /not an SSH server: it says "HTTP/,
    },
    mute: { port: own(await serveMute()).port, code: 'timeout', message: /did not say hello in 1 s/ },
    loris: {
      port: await bytes(['S'], { gapMs: 50, repeat: true }),
      code: 'timeout',
      message: /did not say hello in 1 s/,
    },
    lines: { port: await bytes(['hello there\r\n'], over), code: 'protocol', message: /too much before its hello/ },
    line: { port: await bytes(['x'.repeat(4096)], over), code: 'protocol', message: /too much before its hello/ },
    old: { port: await bytes(['SSH-1.5-old\r\n']), code: 'protocol', message: /speaks SSH 1/ },
    packet: {
      port: await bytes(['SSH-2.0-evil\r\n', longPacket], { gapMs: 5 }),
      code: 'protocol',
      message: /damaged|broke the SSH protocol/,
    },
    kexinit: {
      port: await bytes(['SSH-2.0-evil\r\n', badKexInit], { gapMs: 5 }),
      code: 'protocol',
      message: /damaged|broke the SSH protocol/,
    },
    hangup: {
      port: own(await serveTcp((socket) => socket.end())).port,
      code: 'closed-early',
      message: /hung up before saying hello/,
    },
    resets: { port: own(await serveTcp((socket) => socket.resetAndDestroy())).port, code: 'reset', message: /./ },
    escapes: { port: await bytes([`220 ${evilText}\r\n`]), code: 'protocol', message: /\\033\]0;owned\\007/ },
    closed: { port: await freePort(), code: 'refused', message: /refuses the connection/ },
    nowhere: { port: 22, code: 'dns', message: /nowhere\.invalid/, where: 'network', address: 'nowhere.invalid' },
  };
}

describe('servers that are no good', () => {
  it('each is named with cause, place and next step; memory and CPU stay bounded; the good tunnel goes on', async () => {
    const server = await sshd();
    const bad = await badServers();
    let config = '[settings]\nbackoff-first = "2s"\nbackoff-cap = "2s"\n';
    config += hostTable('box', server) + tunnelTable('good', 'box', [await toEcho()]);
    for (const [name, { port, address = '127.0.0.1' }] of Object.entries(bad)) {
      config += hostTable(
        name,
        { port, user: 'me', clientKey: server.clientKey },
        { lines: ['connect-timeout = "1s"'] },
      ).replace('address = "127.0.0.1"', `address = "${address}"`);
      config += tunnelTable(`to-${name}`, name, ['local 127.0.0.1:0 -> 127.0.0.1:9']);
    }
    const rig = await TunnelRig.start(config, [server.knownHostsLine()]);
    const [address = ''] = await rig.upWhole('good');
    const open = descriptors(rig);
    rig.forgetPeak();
    const before = rig.memory('VmRSS');
    const names = Object.keys(bad);
    await rig.up(...names.map((name) => `to-${name}`));
    let left = names;
    await until(
      async () => {
        expect(await exchange(address, hello)).toEqual(hello);
        const rows = await rig.client.call('status', { names: left.map((name) => `to-${name}`) });
        left = left.filter((name) => rows.find((row) => row.name === `to-${name}`)?.state.kind !== 'retrying');
        return left.length === 0;
      },
      { what: 'all to fail', timeoutMs: 30_000, seen: () => left },
    );
    // Each is tried over and over meanwhile: look until all have failed a second time.
    await until(
      async () => {
        expect(await exchange(address, hello)).toEqual(hello);
        const lines = await Promise.all(
          names.map((name) => rig.client.call('logs', { tunnel: `to-${name}`, lines: 100 })),
        );
        return lines.every((some) => into(some, 'retrying').length >= 2);
      },
      { what: 'all to fail again', timeoutMs: 30_000 },
    );
    for (const [name, { code, message, where = name }] of Object.entries(bad)) {
      const lines = await rig.client.call('logs', { tunnel: `to-${name}`, lines: 1000 });
      const [first] = into(lines, 'retrying');
      expect(first?.fields, name).toMatchObject({ code, where });
      expect(first?.message, name).toMatch(message);
      expect(first?.message).not.toMatch(/\bError\b|failed to|please|!/i);
      // One failure is one line, however many errors lie below.
      const transitions = lines.filter((line) => line.fields['to'] !== undefined).map((line) => line.fields['to']);
      expect(
        transitions.some((to, at) => to === transitions[at + 1]),
        name,
      ).toBe(false);
      expect(JSON.stringify(lines).replaceAll('\\n', ''), name).not.toMatch(harmful);
      const [failed] = named(await rig.client.call('history', { names: [`to-${name}`], limit: 100 }), 'failed');
      expect(failed?.cause, name).toMatchObject({ code, where, next: expect.stringMatching(/\.$/) as string });
    }
    const shown = await rig.holdfast.run(['status']);
    expect(shown.stdout).not.toMatch(harmful);
    expect((rig.memory('VmHWM') - before) / 1024).toBeLessThan(64);
    expect(named(await happenings(rig, 'good'), 'lost')).toEqual([]);
    // Once nobody tries any more the engine is quiet: less than a tenth of a core.
    await rig.down(...names.map((name) => `to-${name}`));
    await until(() => descriptors(rig) <= open, {
      what: 'as many descriptors as before',
      seen: () => [open, descriptors(rig)],
    });
    let [wall, cpu] = [performance.now(), cpuMs(rig)];
    await until(
      () => {
        const [nowWall, nowCpu] = [performance.now(), cpuMs(rig)];
        if (nowWall - wall < 500) return false;
        const share = (nowCpu - cpu) / (nowWall - wall);
        [wall, cpu] = [nowWall, nowCpu];
        return share < 0.1;
      },
      { what: 'the engine to be quiet', timeoutMs: 20_000 },
    );
  });

  it('a login banner of 30,000 bytes full of escapes is harmless, in the log too', async () => {
    const server = await sshd({ banner: `${evilText}\n`.repeat(400) });
    const rig = await TunnelRig.start(hostTable('box', server) + tunnelTable('db', 'box', [await toEcho()]), [
      server.knownHostsLine(),
    ]);
    const [address = ''] = await rig.upWhole('db');
    expect(await exchange(address, hello)).toEqual(hello);
    const lines = [...(await logLines(rig, 'db')), ...(await rig.client.call('logs', { tunnel: null, lines: 1000 }))];
    expect(JSON.stringify(lines)).toContain('\\\\033]0;owned');
    expect(JSON.stringify(lines)).not.toMatch(harmful);
    expect(JSON.stringify(lines).length).toBeLessThan(20_000);
    for (const tunnel of [[], ['db']])
      expect((await rig.holdfast.run(['logs', ...tunnel])).stdout).not.toMatch(harmful);
  });
});

const { privateKey: evilKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

interface EvilServer {
  readonly port: number;
  readonly logins: () => number;
  readonly knownHostsLine: string;
}

/** A server of our own making that asks what it likes. */
async function evilServer(ask: (context: ssh2.KeyboardAuthContext, again: () => void) => void): Promise<EvilServer> {
  const clients = new Set<Connection>();
  let logins = 0;
  const server = new ssh2.Server({ hostKeys: [evilKey] }, (client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => {
      if (context.method !== 'keyboard-interactive') {
        context.reject(['keyboard-interactive']);
        return;
      }
      logins += 1;
      const again = (): void => ask(context, again);
      again();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  own({
    dispose: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
  const { port } = server.address() as AddressInfo;
  const key = ssh2.utils.parseKey(evilKey);
  if (key instanceof Error) throw key;
  const one = Array.isArray(key) ? key[0] : key;
  return {
    port,
    logins: () => logins,
    knownHostsLine: `[127.0.0.1]:${port} ssh-rsa ${one?.getPublicSSH().toString('base64') ?? ''}`,
  };
}

describe('a server that asks', () => {
  const host = (port: number): string =>
    `[hosts.box]\naddress = "127.0.0.1"\nport = ${port}\nuser = "me"\nagent = false\nknown-hosts = ["known_hosts"]\n`;

  async function asked(
    ask: Parameters<typeof evilServer>[0],
  ): Promise<{ evil: EvilServer; rig: TunnelRig; good: string }> {
    const server = await sshd();
    const evil = await evilServer(ask);
    const rig = await TunnelRig.start(
      host(evil.port) +
        tunnelTable('db', 'box', [await toEcho()]) +
        hostTable('fine', server) +
        tunnelTable('good', 'fine', [await toEcho()]),
      [evil.knownHostsLine, server.knownHostsLine()],
    );
    const [good = ''] = await rig.upWhole('good');
    await rig.up('db');
    return { evil, rig, good };
  }

  it('500 things at once is not answered and not asked again', async () => {
    const { evil, rig, good } = await asked((context, again) =>
      context.prompt(
        Array.from({ length: 500 }, (_, at) => ({ prompt: `${at}: `, echo: false })),
        again,
      ),
    );
    const row = await rig.reach('db', (now) => now.state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({
      cause: {
        code: 'too-many-prompts',
        where: 'box',
        message: expect.stringContaining('500 things at once') as string,
      },
    });
    expect(await rig.client.call('prompts', {})).toEqual([]);
    expect(await exchange(good, hello)).toEqual(hello);
    expect(evil.logins()).toBe(1);
  });

  it.each([
    ['one question after the other', 1],
    ['one empty round after the other', 0],
  ])('%s: at most ten are answered', async (_name, fields) => {
    let rounds = 0;
    const { evil, rig, good } = await asked((context, again) => {
      rounds += 1;
      context.prompt(
        Array.from({ length: fields }, () => ({ prompt: 'Code: ', echo: false })),
        again,
      );
    });
    const answered = new Set<string>();
    const row = await until(
      async () => {
        const now = await rig.status('db');
        if (now.state.kind === 'dead') return now;
        for (const { id } of await rig.client.call('prompts', {})) {
          answered.add(id);
          await rig.answer(id, { value: '123456' });
        }
        return null;
      },
      { what: 'it to give up', timeoutMs: 20_000 },
    );
    expect(row.state).toMatchObject({ cause: { code: 'too-many-prompts', where: 'box' } });
    expect(answered.size).toBe(fields === 0 ? 0 : 10);
    expect(rounds).toBeLessThanOrEqual(12);
    expect(evil.logins()).toBe(1);
    expect(await exchange(good, hello)).toEqual(hello);
  });

  it('in the name of another, with escapes: the place is ours, the words are cleaned, in terminals and files too', async () => {
    const { evil, rig } = await asked((context) => {
      context.prompt(
        [{ prompt: `${evilText} `, echo: false }],
        `bank.example.org${evilText}`,
        `${evilText}\n`.repeat(200),
        () => context.reject(),
      );
    });
    const prompt = await rig.prompted(() => true, 'of the server');
    expect(prompt).toMatchObject({
      host: 'box',
      hop: 'box',
      address: `127.0.0.1:${evil.port}`,
      user: 'me',
      tunnels: ['db'],
    });
    expect(prompt.message.length).toBeLessThanOrEqual(4097);
    expect(JSON.stringify(prompt).replaceAll('\\n', '')).not.toMatch(harmful);
    for (const command of [['prompts'], ['prompts', '--json'], ['status'], ['up', 'db', '--wait']]) {
      const { stdout, stderr } = await rig.holdfast.run(command);
      expect(stdout + stderr, command.join(' ')).not.toMatch(harmful);
    }
    await rig.answer(prompt.id, 'cancel');
    const row = await rig.reach('db', (now) => now.state.kind === 'dead', 'to give up');
    expect(row.state).toMatchObject({ cause: { code: 'cancelled' } });
    expect(JSON.stringify(await logLines(rig, 'db'))).not.toMatch(harmful);
    expect(evil.logins()).toBe(1);
  });
});

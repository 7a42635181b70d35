import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection } from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '../../src/main/engine/ssh/authenticator.ts';
import type { SshLink } from '../../src/main/engine/ssh/link.ts';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, OneKeyTrust } from '../support/link-parts.ts';
import { until } from '../support/until.ts';

// A server that breaks the rules can only be made of ssh2's own; truth is tested with sshd and dropbear (link.test.ts).

interface Internals {
  readonly _protocol: {
    _hostKeys: Record<string, unknown>;
    channelData(channel: number, data: Buffer): void;
    disconnect(reason: number): void;
    rekey(): void;
  };
}

function hostKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
  }) as string;
}
const firstKey = hostKey();
const otherKey = hostKey();

function publicLine(pem: string): string {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  const one = Array.isArray(key) ? key[0] : key;
  return `ssh-rsa ${one?.getPublicSSH().toString('base64') ?? ''}`;
}

/** Logs in without anything; the server lets everybody in. */
const noAuth: Authenticator = {
  authenticate: async (wire) => {
    await wire.none();
    return { methods: ['none'], afterSuccess: () => Promise.resolve() };
  },
};

const cleanUps: (() => Promise<void> | void)[] = [];
function disposeUsed(): void {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
}

async function serve(behave: (client: Connection) => void): Promise<number> {
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [firstKey] }, (client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => context.accept());
    behave(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanUps.push(async () => {
    for (const client of clients) client.end();
    await until(() => clients.size === 0, { what: 'the clients to go' });
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}

async function connect(port: number, overrides: Partial<HostConfig> = {}, authenticator = noAuth): Promise<SshLink> {
  const setup = linkSetup(new OneKeyTrust([publicLine(firstKey)]), authenticator);
  const link = await setup.connect(hostFor(port, overrides));
  cleanUps.push(() => link.dispose());
  return link;
}

function ends(link: SshLink): (string | undefined)[] {
  const seen: (string | undefined)[] = [];
  link.onDidClose((error) => seen.push(error?.code));
  return seen;
}

describe('a server that breaks the rules', () => {
  checkLeaks();
  disposeUsed();

  test('says why it closes: its words are quoted, cleaned, once', async () => {
    const port = await serve((client) => {
      client.on('ready', () => {
        setTimeout(() => (client as unknown as Internals)._protocol.disconnect(12), 50);
      });
    });
    const link = await connect(port);
    const seen = ends(link);
    await until(() => link.isClosed, { what: 'the end' });
    expect(seen).toEqual(['server-closed']);
  });

  test('shows another host key in a later key exchange', async () => {
    let serverSide: Connection | null = null;
    const port = await serve((client) => {
      serverSide = client;
    });
    const link = await connect(port);
    const seen = ends(link);
    expect(await link.ping(5000)).toBeGreaterThan(0);
    const { _protocol } = serverSide as unknown as Internals;
    const swapped = ssh2.utils.parseKey(otherKey);
    for (const name of Object.keys(_protocol._hostKeys)) _protocol._hostKeys[name] = swapped;
    _protocol.rekey();
    await until(() => link.isClosed, { what: 'the end' });
    expect(seen).toEqual(['host-key-changed']);
  });

  test('spells the address of a remote forward another way', async () => {
    const port = await serve((client) => {
      client.on('request', (accept, _reject, name, info) => {
        if (name !== 'tcpip-forward') return;
        accept?.();
        const { bindPort } = info as unknown as { bindPort: number };
        setImmediate(() => {
          for (const [address, at] of [
            ['0000:0000::0001', bindPort],
            ['127.0.0.1', bindPort + 1],
          ] as const)
            client.forwardOut(address, at, '203.0.113.5', 4000, (error, channel) => {
              outcomes.push(error ? 'refused' : 'accepted');
              channel?.end();
            });
        });
      });
    });
    const outcomes: string[] = [];
    const link = await connect(port);
    const listener = await link.listenRemote({ kind: 'tcp', host: 'localhost', port: 4711 });
    const origins: string[] = [];
    listener.onDidConnect((incoming) => {
      origins.push(`${incoming.originHost}:${incoming.originPort}`);
      incoming.accept().stream.resume();
    });
    await until(() => outcomes.length === 2, { what: 'both answers' });
    expect(outcomes.sort((a, b) => a.localeCompare(b))).toEqual(['accepted', 'refused']);
    expect(origins).toEqual(['203.0.113.5:4000']);
  });

  test('opens channels that nobody asked for', async () => {
    const refusals: number[] = [];
    const port = await serve((client) => {
      client.on('ready', () => {
        client.forwardOut('127.0.0.1', 1, '203.0.113.5', 4000, (error) => error && refusals.push(1));
        client.x11('203.0.113.5', 4000, (error) => error && refusals.push(2));
        client.openssh_forwardOutStreamLocal('/tmp/x', (error) => error && refusals.push(3));
      });
    });
    const link = await connect(port);
    await link.ping(5000);
    await until(() => refusals.length === 3, { what: 'the refusals' });
    expect(link.channels).toBe(0);
    expect(link.isClosed).toBe(false);
  });

  test('sends more than the window allows', async () => {
    const port = await serve((client) => {
      client.on('tcpip', (accept) => {
        const channel = accept();
        const { outgoing } = channel as unknown as { outgoing: { id: number } };
        const { _protocol } = client as unknown as Internals;
        for (let i = 0; i < 65; i += 1) _protocol.channelData(outgoing.id, Buffer.alloc(32 * 1024));
      });
    });
    const link = await connect(port);
    const seen = ends(link);
    const channel = await link.open({ kind: 'tcp', host: 'x', port: 1 });
    channel.stream.pause();
    const lost: boolean[] = [];
    channel.onDidClose((event) => lost.push(event.lost));
    await until(() => link.isClosed, { what: 'the end' });
    expect(seen).toEqual(['protocol']);
    expect(lost).toEqual([true]);
  });

  test('closes a channel without an end of file: what came may be cut', async () => {
    const port = await serve((client) => {
      client.on('tcpip', (accept) => {
        const channel = accept();
        channel.write('half of it', () => channel.close());
      });
    });
    const link = await connect(port);
    const channel = await link.open({ kind: 'tcp', host: 'x', port: 1 });
    const events: string[] = [];
    channel.stream.on('data', (chunk: Buffer) => events.push(chunk.toString()));
    channel.stream.on('end', () => events.push('end'));
    channel.onDidClose(({ lost }) => events.push(lost ? 'lost' : 'closed'));
    await until(() => channel.isClosed, { what: 'the close' });
    await until(() => link.channels === 0, { what: 'the place to be free' });
    expect(events).toEqual(['half of it', 'lost']);
    expect(link.isClosed).toBe(false);
  });

  test('never answers an open: giving up is possible, and the end of the link ends the wait', async () => {
    const port = await serve((client) => {
      client.on('tcpip', () => {});
    });
    const link = await connect(port);
    const giveUp = new AbortController();
    const first = link.open({ kind: 'tcp', host: 'x', port: 1 }, undefined, giveUp.signal);
    const second = link.open({ kind: 'tcp', host: 'x', port: 2 });
    second.catch(() => {});
    giveUp.abort(new Error('enough'));
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    link.dispose();
    await expect(second).rejects.toMatchObject({ code: 'link-lost' });
  });

  test('refuses opens in every way', async () => {
    const port = await serve((client) => {
      client.on('tcpip', (_accept, reject) => reject());
    });
    const link = await connect(port);
    await expect(link.open({ kind: 'tcp', host: 'x', port: 1 })).rejects.toMatchObject({ hop: 'testhost' });
    await expect(link.exec('true', 1000)).rejects.toMatchObject({ hop: 'testhost' });
    expect(link.channels).toBe(0);
  });

  test('hangs up in the middle of the login', async () => {
    const port = await serve((client) => {
      client.removeAllListeners('authentication');
      client.on('authentication', () => {
        (client as unknown as { _sock: { destroy(): void } })._sock.destroy();
      });
    });
    await expect(connect(port)).rejects.toMatchObject({ phase: 'auth', hop: 'testhost' });
  });

  test('asks no end of questions: each request is one round, and the login can give up', async () => {
    const port = await serve((client) => {
      client.removeAllListeners('authentication');
      client.on('authentication', (context) => {
        if (context.method !== 'keyboard-interactive') {
          context.reject(['keyboard-interactive']);
          return;
        }
        const again = (): void => context.prompt([{ prompt: 'Code', echo: false }], 'name', 'instruction', again);
        again();
      });
    });
    let rounds = 0;
    const connecting = connect(
      port,
      {},
      {
        authenticate: async (wire) => {
          await wire.keyboardInteractive((request) => {
            rounds += 1;
            expect(request).toEqual({
              name: 'name',
              instruction: 'instruction',
              prompts: [{ prompt: 'Code', echo: false }],
            });
            if (rounds === 5) throw new Error('enough');
            return Promise.resolve([]);
          });
          throw new Error('not reached');
        },
      },
    );
    await expect(connecting).rejects.toMatchObject({ hop: 'testhost' });
    expect(rounds).toBeLessThanOrEqual(5);
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '../../src/main/engine/ssh/authenticator.ts';
import { type Log, silentLog } from '../../src/main/engine/log/log.ts';
import type { SshLink } from '../../src/main/engine/ssh/link.ts';
import type { Secret } from '../../src/main/engine/secrets/secret.ts';
import { HoldfastError } from '../../src/shared/model/failure.ts';
import {
  calculatingServers,
  channelServers,
  fillingServers,
  type HostileServer,
} from '../support/hostile-ssh-servers.ts';
import { hostileKeyLine } from '../support/hostile-wire.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { startSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

const groupExchange = 'diffie-hellman-group-exchange-sha256';

/** Longer than any load of the machine, shorter than one of these calculations. */
const longestStandstillMs = 8000;
/** Far more than what the limits let a server fill, far less than what it fills without them. */
const mostBytes = 96 * 1024 * 1024;

/** Logs in without anything, or answers one question if that is asked. */
const anyLogin: Authenticator = {
  authenticate: async (wire) => {
    const reply = await wire.none();
    if (reply.kind !== 'success') await wire.keyboardInteractive(() => new Promise<readonly Secret[]>(() => {}));
    return { methods: ['none'], afterSuccess: () => Promise.resolve() };
  },
};

const cleanUps: (() => Promise<void> | void)[] = [];
function disposeUsed(): void {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
}

/** The longest time for which the event loop stood still. */
function standstill(): { longestMs(): number; stop(): void } {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 10);
  return {
    longestMs: () => {
      look();
      return longest;
    },
    stop: () => clearInterval(timer),
  };
}

async function attack(hostile: HostileServer, trust: OneKeyTrust, log?: Log): Promise<SshLink | HoldfastError> {
  const running = await hostile.start();
  cleanUps.push(() => running.stop());
  try {
    const link = await linkSetup(trust, anyLogin, log).connect(hostFor(running.port, hostile.host));
    cleanUps.push(() => link.dispose());
    return link;
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
}

describe('a server that wants us to calculate is refused before anything is calculated', () => {
  checkLeaks();
  disposeUsed();

  test.each(calculatingServers.map((server) => [server.name, server] as const))(
    '%s',
    { timeout: 60_000 },
    async (_, hostile) => {
      const trust = new OneKeyTrust([hostileKeyLine]);
      const loop = standstill();
      cleanUps.push(() => loop.stop());
      const error = await attack(hostile, trust);
      expect(error).toBeInstanceOf(HoldfastError);
      expect((error as HoldfastError).message).toMatch(hostile.says ?? /./);
      expect(trust.committed).toBe(0);
      expect(loop.longestMs()).toBeLessThan(longestStandstillMs);
    },
  );
});

describe('group exchange with sshd', () => {
  checkLeaks();
  disposeUsed();

  async function start() {
    const sshd = await startSshd({ config: [`KexAlgorithms ${groupExchange}`], rekeyLimit: '256K' });
    cleanUps.push(() => sshd.stop());
    const setup = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), oneKeyAuthenticator(sshd.clientKey));
    return { sshd, setup };
  }

  test('is not offered', async () => {
    const { sshd, setup } = await start();
    await expect(setup.connect(hostFor(sshd.port, { user: sshd.user }))).rejects.toMatchObject({
      code: 'no-common-algorithm',
      next: expect.stringContaining(`allow ${groupExchange}`),
    });
  });

  test('works where a host opts in, and so does the next exchange', { timeout: 60_000 }, async () => {
    const { sshd, setup } = await start();
    const loop = standstill();
    cleanUps.push(() => loop.stop());
    const link = await setup.connect(hostFor(sshd.port, { user: sshd.user, legacyAlgorithms: [groupExchange] }));
    cleanUps.push(() => link.dispose());
    expect(link.info.kex).toBe(groupExchange);
    const { stdout } = await link.exec('head -c 900000 /dev/zero | tr "\\0" a; echo b >&2', 30_000);
    expect(stdout).toHaveLength(65_536);
    expect(await link.ping(10_000)).toBeGreaterThanOrEqual(0);
    // Node's own test of the prime took seconds.
    expect(loop.longestMs()).toBeLessThan(longestStandstillMs);
  });
});

describe('a server that fills memory or time', () => {
  checkLeaks();
  disposeUsed();

  test.each(fillingServers.map((server) => [server.name, server] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, hostile) => {
      const loop = standstill();
      cleanUps.push(() => loop.stop());
      const before = process.memoryUsage().rss;
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss);
      }, 20);
      cleanUps.push(() => clearInterval(watch));
      const link = await attack(hostile, new OneKeyTrust([hostileKeyLine]));
      switch (hostile.ends) {
        case 'refused':
        case 'login':
          expect(link).toBeInstanceOf(HoldfastError);
          expect((link as HoldfastError).message).toMatch(hostile.says ?? /./);
          break;
        case 'open': {
          // The attack may come in the same breath as the server's yes.
          const errors: (HoldfastError | null)[] = link instanceof HoldfastError ? [link] : [];
          if (!(link instanceof HoldfastError)) link.onDidClose((error) => errors.push(error));
          await until(() => errors.length > 0, { what: 'the end', timeoutMs: 60_000 });
          expect(errors[0]?.message).toMatch(hostile.says ?? /./);
          break;
        }
        case 'carried':
          if (link instanceof HoldfastError) throw link;
          for (let i = 0; i < 3; i += 1) expect(await link.ping(60_000)).toBeGreaterThanOrEqual(0);
          expect(link.isClosed).toBe(false);
      }
      expect(loop.longestMs()).toBeLessThan(longestStandstillMs);
      expect(most - before).toBeLessThan(mostBytes);
    },
  );
});

describe('what a server says before the login', () => {
  checkLeaks();
  disposeUsed();

  test.each(['banners without end', 'banners after the login'])(
    '%s: 32 are kept, none after it',
    { timeout: 60_000 },
    async (name) => {
      const hostile = fillingServers.find((server) => server.name === name);
      if (!hostile) throw new Error(`there is no server ${name}`);
      const said: string[] = [];
      const log: Log = { ...silentLog, info: (message) => said.push(message), child: () => log };
      const link = await attack(hostile, new OneKeyTrust([hostileKeyLine]), log);
      if (link instanceof HoldfastError) throw link;
      await link.ping(60_000);
      await link.ping(60_000);
      expect(said.filter((message) => message === 'banner')).toHaveLength(name === 'banners without end' ? 32 : 0);
    },
  );
});

describe('a server that misuses channels', () => {
  checkLeaks();
  disposeUsed();

  async function reach(hostile: HostileServer): Promise<SshLink> {
    const link = await attack(hostile, new OneKeyTrust([hostileKeyLine]));
    if (link instanceof HoldfastError) throw link;
    return link;
  }

  test('what it says on stderr of a forward is dropped, and the forward goes on', { timeout: 60_000 }, async () => {
    const link = await reach(channelServers.stderr);
    const channels = await Promise.all(
      Array.from({ length: 12 }, () => link.open({ kind: 'tcp', host: 'x', port: 1 })),
    );
    const words = channels.map(async (channel) => {
      for await (const chunk of channel.stream) return String(chunk);
      return '';
    });
    expect(new Set(await Promise.all(words))).toEqual(new Set(['done']));
    for (const { stream } of channels) {
      const { stderr } = stream as unknown as { stderr: { readableLength: number } };
      expect(stderr.readableLength).toBe(0);
    }
  });

  test('packets of no bytes in a channel end the link, they would never end to be written', async () => {
    const link = await reach(channelServers.tinyPackets);
    await expect(link.open({ kind: 'tcp', host: 'x', port: 1 })).rejects.toThrow(channelServers.tinyPackets.says);
    expect(link.isClosed).toBe(true);
  });

  test('clients of a remote forward that nobody has answered yet count as channels', { timeout: 60_000 }, async () => {
    const link = await reach(channelServers.remoteClients);
    const listener = await link.listenRemote({ kind: 'tcp', host: 'localhost', port: 4711 });
    const waiting: { reject(): void }[] = [];
    listener.onDidConnect((incoming) => waiting.push(incoming));
    await link.ping(60_000);
    await until(() => waiting.length >= 100, { what: 'the clients' });
    await link.ping(60_000);
    expect(waiting).toHaveLength(100);
    // A place that is given back is taken by the next.
    for (const incoming of waiting.splice(0)) incoming.reject();
    expect(link.isClosed).toBe(false);
  });

  test('of the output of a command 64 KiB each are kept', { timeout: 60_000 }, async () => {
    const link = await reach(channelServers.output);
    const result = await link.exec('yes', 50_000);
    expect([result.exitCode, result.stdout.length, result.stderr.length]).toEqual([0, 65_536, 65_536]);
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '../../src/main/engine/ssh/authenticator.ts';
import type { SshLink } from '../../src/main/engine/ssh/link.ts';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { type KeepaliveHabit, serveWithHabit } from '../support/hostile-ssh-servers.ts';
import { hostileKeyLine } from '../support/hostile-wire.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, OneKeyTrust } from '../support/link-parts.ts';
import { until } from '../support/until.ts';

const noAuth: Authenticator = {
  authenticate: async (wire) => {
    await wire.none();
    return { methods: ['none'], afterSuccess: () => Promise.resolve() };
  },
};

const cleanUps: (() => Promise<void> | void)[] = [];

async function reach(habit: KeepaliveHabit, overrides: Partial<HostConfig> = {}): Promise<SshLink> {
  const running = await serveWithHabit(habit);
  cleanUps.push(() => running.stop());
  const link = await linkSetup(new OneKeyTrust([hostileKeyLine]), noAuth).connect(hostFor(running.port, overrides));
  cleanUps.push(() => link.dispose());
  return link;
}

describe('servers with odd keepalives', () => {
  checkLeaks();
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  test.each<KeepaliveHabit>(['unimplemented', 'ignored'])(
    '%s: it is there, and a remote forward comes up',
    async (habit) => {
      const link = await reach(habit);
      const first = link.ping(15_000);
      // In the same breath: the reply to it must not be taken for the answer to the ping.
      const listener = await link.listenRemote({ kind: 'tcp', host: 'localhost', port: 0 });
      expect(listener.port).toBe(4711);
      expect(await first).toBeGreaterThanOrEqual(0);
      expect(await link.ping(15_000)).toBeGreaterThanOrEqual(0);
      const again = await link.listenRemote({ kind: 'tcp', host: 'localhost', port: 0 });
      expect(again.port).toBe(4711);
    },
  );

  test('unimplemented: an open as well is refused by it', async () => {
    const link = await reach('unimplemented');
    await expect(link.open({ kind: 'tcp', host: 'x', port: 1 })).rejects.toMatchObject({ hop: 'testhost' });
    expect(link.channels).toBe(0);
  });

  test('unimplemented in the middle of a key exchange', async () => {
    const link = await reach('unimplemented', { rekeyIntervalMs: 5 });
    for (let i = 0; i < 30; i += 1) expect(await link.ping(15_000)).toBeGreaterThanOrEqual(0);
  });

  test('mute: nothing is measured, a forward comes up all the same, and bytes keep the link', {
    timeout: 30_000,
  }, async () => {
    const link = await reach('mute', { aliveIntervalMs: 300, aliveCountMax: 1 });
    const ends: unknown[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    // Bytes come each 100 ms, so that it is never silent for long.
    expect(await link.ping(900)).toBeNull();
    expect(link.isClosed).toBe(false);
    const before = link.bytesIn;
    await until(() => link.bytesIn > before + 200, { what: 'bytes' });
    expect(ends).toEqual([]);
  });

  test('mute and silent: given up, for nothing ever proved that it is there', { timeout: 30_000 }, async () => {
    const link = await reach('silent', { aliveIntervalMs: 500, aliveCountMax: 1 });
    const ends: unknown[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    await until(() => link.isClosed, { what: 'the end' });
    expect(ends).toEqual(['link-dead']);
  });

  test('mute and silent with alive-interval 0: it stays', { timeout: 30_000 }, async () => {
    const link = await reach('silent', { aliveIntervalMs: 0 });
    expect(await link.ping(1500)).toBeNull();
    expect(await link.ping(300)).toBeNull();
    expect(link.isClosed).toBe(false);
  });
});

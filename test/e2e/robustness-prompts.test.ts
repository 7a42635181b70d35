import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { allRun, endSceneAfterEach, holdfast, hostTable, runs, sshd, tunnelTable } from './scene.ts';

/** Many questions at once, and several people who answer. */

endSceneAfterEach();

const count = 20;

describe('20 servers that nobody knows yet', () => {
  it('ask 20 questions; none waits for another; each answer counts once', async () => {
    // Without a limit on the login, a person may take long.
    const servers = await Promise.all(
      Array.from({ length: count }, () =>
        sshd({ freshHostKeys: true, hostKeyTypes: ['ed25519'], config: ['LoginGraceTime 0'] }),
      ),
    );
    const hf = await holdfast(
      servers
        .map(
          (server, index) =>
            hostTable(`host${index}`, server) +
            tunnelTable(`t${index}`, `host${index}`, 'login', 'dynamic 127.0.0.1:0'),
        )
        .join(''),
    );
    await hf.serve();
    const prompts = await until(
      async () => {
        const open = await hf.prompts();
        return open.length === count ? open : null;
      },
      { what: `${count} questions`, timeoutMs: 30_000 },
    );
    for (const [index, server] of servers.entries()) {
      const prompt = prompts.find((one) => one.tunnel === `t${index}`);
      expect(prompt).toMatchObject({ kind: 'host-key', host: `host${index}`, address: server.address });
      expect(prompt?.message).toContain(server.fingerprint());
    }
    const idOf = (index: number): string => prompts.find((one) => one.tunnel === `t${index}`)?.id ?? '';

    // The last one first: it runs while the others still ask.
    expect((await hf.run(['answer', idOf(19), 'yes'])).code).toBe(0);
    await hf.reach('t19', runs, 'the one that was answered runs');
    expect(await hf.prompts()).toHaveLength(count - 1);

    // Twice at the same moment: one counts, the other comes too late.
    for (const [index, first, second] of [
      [0, 'yes', 'yes'],
      [1, 'yes', '--cancel'],
      [2, 'no', 'once'],
    ] as const) {
      const codes = await Promise.all(
        [first, second].map(async (word) => (await hf.run(['answer', idOf(index), word])).code),
      );
      expect(codes.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([0, 4]);
      const won = codes[0] === 0 ? first : second;
      const row = await hf.reach(
        `t${index}`,
        (now) => now.state === 'running' || now.state === 'dead',
        'it is decided',
      );
      if (won === 'yes' || won === 'once') expect(row).toMatchObject({ state: 'running', cause: null });
      else expect(row.cause?.code).toBe(won === 'no' ? 'host-key-refused' : 'cancelled');
    }

    // While a question is open: down takes it back, restart asks anew, the old one is gone.
    expect((await hf.run(['down', 't3'])).code).toBe(0);
    expect((await hf.run(['answer', idOf(3), 'yes'])).code).toBe(4);
    expect((await hf.run(['restart', 't4'])).code).toBe(0);
    const again = await hf.prompted((prompt) => prompt.tunnel === 't4');
    expect((await hf.run(['answer', again.id, 'yes'])).code).toBe(0);
    await hf.reach('t4', runs, 'it runs');

    // The server goes away while it asks: the question goes too.
    await servers[5]?.kill();
    await hf.reach('t5', (row) => row.state === 'retrying', 'it tries again');
    expect((await hf.prompts()).some((prompt) => prompt.tunnel === 't5')).toBe(false);

    // All the others at once.
    const others = Array.from({ length: 13 }, (_, index) => index + 6);
    const answered = await Promise.all(others.map((index) => hf.run(['answer', idOf(index), 'yes'])));
    expect(answered.map((ran) => ran.code)).toEqual(others.map(() => 0));
    await allRun(
      hf,
      others.map((index) => `t${index}`),
    );
    expect(await hf.prompts()).toEqual([]);
    const known = readFileSync(join(hf.home, 'config', 'known_hosts'), 'utf8').split('\n');
    for (const index of [19, 4, ...others]) {
      const line = servers[index]?.knownHostsLine() ?? '';
      expect(known.filter((one) => one === line)).toHaveLength(1);
    }
    expect((await hf.end()).code).toBe(0);
  });
});

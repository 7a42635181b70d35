import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../support/processes.ts';
import { runProgram } from '../support/openssh-client.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const bench = fileURLToPath(new URL('../bench/index.mjs', import.meta.url));

interface Row {
  readonly what: string;
  readonly side: string;
  readonly base: string;
  readonly value: number;
  readonly baseValue: number;
}

describe('npm run bench', () => {
  it('names the Debian packages that it needs', () => {
    const ran = spawnSync(process.execPath, [bench, '--quick'], { env: { PATH: '/nowhere' }, encoding: 'utf8' });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/The bench needs .*autossh.*\n*.*apt-get install .*autossh/);
  });

  it.skipIf(findProgram('autossh') === null)(
    'measures every row on both sides, and leaves nothing running',
    async () => {
      const folder = tempFolder('hf-');
      const ran = await runProgram(process.execPath, [bench, '--quick', '--json'], {
        env: { ...process.env, TMPDIR: folder.path },
        timeoutMs: 80_000,
      });
      expect(ran.status, ran.stderr).toBe(0);
      const rows = JSON.parse(ran.stdout) as Row[];
      const found = new Set(rows.map(({ what, side, base }) => `${what} | ${side} | ${base}`));
      const speeds = ['download, 1 stream', 'download, 8 streams', 'upload, 1 stream', 'upload, 8 streams'];
      const paired = [
        ...speeds.flatMap((what) => [what, `${what}: CPU of the client`]),
        'open of a channel, 50 in flight: p50',
        'open of a channel, 50 in flight: p99',
      ];
      const idle = ['one login for all', 'a login each'].flatMap((how) =>
        ['memory (PSS)', 'CPU', 'processes'].map((what) => `3 idle tunnels, ${how}: ${what} | holdfast | 3 autossh`),
      );
      expect([...found].sort()).toEqual(
        [...paired.flatMap((what) => [`${what} | holdfast | ssh`, `${what} | ssh again | ssh`]), ...idle].sort(),
      );
      for (const { what, value, baseValue } of rows) {
        expect(Number.isFinite(value) && Number.isFinite(baseValue), what).toBe(true);
        if (!what.endsWith(': CPU')) expect(Math.min(value, baseValue), what).toBeGreaterThan(0);
      }
      expect(readdirSync(folder.path)).toEqual([]);
      await until(() => spawnSync('pgrep', ['-f', folder.path]).status === 1, { what: 'the last process to end' });
    },
  );
});

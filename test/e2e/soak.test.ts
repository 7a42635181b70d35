import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/openssh-client.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const soak = fileURLToPath(new URL('../soak/hostile.mjs', import.meta.url));
const thrower = pathToFileURL(fileURLToPath(new URL('../support/throw-in-engine.mjs', import.meta.url))).href;

/** Its report, by what stands before each colon. */
function reportOf(stdout: string): Record<string, string> {
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  );
}

describe('npm run soak:hostile', () => {
  it('carries bytes through all attacks, and says what it found', async () => {
    const folder = tempFolder('hf-');
    const ran = await runProgram(process.execPath, [soak, '--minutes', '0.08'], {
      env: { ...process.env, TMPDIR: folder.path },
      timeoutMs: 85_000,
    });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    expect(reportOf(ran.stdout)).toEqual({
      attacks: expect.stringMatching(/^\d+, in 1 round$/),
      engine: 'runs',
      faults: '0',
      'bytes lost': expect.stringMatching(/^0 of [1-9]\d*$/),
      'times the good tunnel was lost': '0',
      'longest stall': expect.stringMatching(/^\d+ ms$/),
      memory: expect.stringMatching(/^\d+ MiB before, \d+ MiB after a round, \d+ MiB at the end$/),
      objects: expect.stringMatching(/^\d+ MiB before, \d+ MiB after a round, \d+ MiB at the end$/),
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('fails at one fault that nobody caught', async () => {
    const folder = tempFolder('hf-');
    const running = runProgram(process.execPath, [soak, '--minutes', '0.02', '--only', 'hangup'], {
      env: {
        ...process.env,
        TMPDIR: folder.path,
        HOLDFAST_TEST_THROW: folder.file('throw'),
        NODE_OPTIONS: `--import ${thrower}`,
      },
      timeoutMs: 85_000,
    });
    // Before it is ready nothing bears a fault.
    const isReady = (): boolean =>
      readdirSync(folder.path, { recursive: true }).some((name) => String(name).endsWith('.sock'));
    await until(isReady, { what: 'the engine to answer', timeoutMs: 30_000 });
    writeFileSync(folder.file('throw'), '1');
    const ran = await running;
    expect(ran.status, ran.stdout + ran.stderr).toBe(1);
    expect(ran.stdout).toContain('faults: 1   <- not well');
    expect(ran.stderr).toContain('nobody caught 0');
  });
});

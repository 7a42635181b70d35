import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Holdfast } from '../support/holdfast.ts';
import { until } from '../support/until.ts';
import { allRun, endSceneAfterEach, holdfast, hostTable, own, sshd, trust, tunnelTable } from './scene.ts';

/** More of what scripts and people rely on: corners of interface.md that the first tests leave out. */

endSceneAfterEach();

describe('serve', () => {
  it('tells why it cannot start as every command does', async () => {
    const hf = await holdfast('[hosts.box]\naddress = 5\n');
    const bad = await hf.run(['serve']);
    expect(bad.code).toBe(2);
    expect(bad.stdout).toBe('');
    expect(bad.stderr).toMatch(/^holdfast: .*config\.toml:2: hosts\.box\.address: /);
    const json = await hf.run(['serve', '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'config', next: expect.any(String) } });
  });

  it('bears internal faults with its tunnels up, and ends with a clear word in a storm of them', async () => {
    const server = await sshd();
    const fixture = pathToFileURL(join(import.meta.dirname, '..', 'support', 'throw-in-engine.mjs')).href;
    const hf = own(await Holdfast.make('', { NODE_OPTIONS: `--import ${fixture}`, HOLDFAST_TEST_THROW: '/nowhere' }));
    const file = join(hf.home, 'throw');
    hf.env['HOLDFAST_TEST_THROW'] = file;
    await hf.configure(hostTable('box', server) + tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    trust(hf, server);
    await hf.serve();
    await allRun(hf);
    writeFileSync(file, '4');
    const faults = async (): Promise<number> =>
      ((await hf.run(['logs', '--json'])).stdout.match(/nobody caught/g) ?? []).length;
    await until(async () => (await faults()) > 0, {
      what: 'the faults in the log',
      timeoutMs: 20_000,
      seen: () => log,
    });
    expect((await hf.status('db'))[0]).toMatchObject({ state: 'running', reconnects: 0 });
    const code = hf.ended();
    writeFileSync(file, '40');
    expect(await code).toBe(1);
    expect(hf.errors).toMatch(/^holdfast: The engine ended because too many internal faults came at once/m);
    expect(hf.errors).toContain('nobody caught');
  });
});

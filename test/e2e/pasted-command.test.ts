import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { endSceneAfterEach, holdfast } from './scene.ts';

endSceneAfterEach();

describe('a pasted command whose connection runs a command', () => {
  it('runs nothing by being saved, with the engine there: only when the tunnel is switched on', async () => {
    const hf = await holdfast('');
    await hf.serve();
    const file = join(hf.home, 'ran');
    const line = `ssh -o 'ProxyCommand=touch ${file}' -L 0:a:1 box.example.org`;
    expect((await hf.run(['add', 'command', line])).code).toBe(2);
    expect(await hf.status()).toEqual([]);
    expect((await hf.run(['add', 'command', line, '--yes'])).code).toBe(0);
    expect(await hf.status()).toMatchObject([{ name: 'box', state: 'stopped' }]);
    expect(existsSync(file)).toBe(false);
    await hf.run(['up', 'box']);
    await until(() => existsSync(file), { what: 'the command to run', timeoutMs: 20_000 });
  });
});

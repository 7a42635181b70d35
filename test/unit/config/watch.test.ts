import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigWatcher } from '../../../src/main/engine/config/watch.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { DisposableStore } from '../../../src/main/engine/lifecycle/disposable.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();
let folder = '';
let file = '';
let store = new DisposableStore();
/** What the watcher told: the address of host h, or the first problem. */
let told: string[] = [];

beforeEach(async () => {
  store = new DisposableStore();
  told = [];
  folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-watch-')));
  file = join(folder, 'config.toml');
});
afterEach(async () => {
  store.dispose();
  await rm(folder, { recursive: true, force: true });
});

const content = (address: string): string => `[hosts.h]\naddress = "${address}"\n`;

function start(options: { pollMs?: number; clock?: FakeClock } = {}): ConfigWatcher {
  const clock = options.clock ?? systemClock;
  const watcher = store.add(new ConfigWatcher({ file, clock, debounceMs: 20, pollMs: options.pollMs ?? 3_600_000 }));
  store.add(watcher.onDidLoad(({ config }) => told.push(config.hosts.get('h')?.address ?? 'none')));
  store.add(watcher.onDidFail((problems) => told.push(`${problems[0]?.key}: ${problems[0]?.message}`)));
  return watcher;
}

/** Waits until the watcher told this last. */
async function until(last: string): Promise<void> {
  await expect.poll(() => told.at(-1), { timeout: 5000, interval: 5 }).toBe(last);
}

describe('ConfigWatcher', () => {
  test('tells of the first reading, of changes in place and of atomic saves', async () => {
    await writeFile(file, content('one'), { mode: 0o600 });
    const watcher = start();
    expect(await watcher.reloadNow()).toBeNull();
    expect(told).toEqual(['one']);
    await writeFile(file, content('two'));
    await until('two');
    for (const name of ['three', 'four']) {
      await writeFile(join(folder, 'temp'), content(name), { mode: 0o600 });
      await rename(join(folder, 'temp'), file);
      await until(name);
    }
  });

  test('a file that is emptied to be written is not taken for an empty one; one that stays empty is', async () => {
    await writeFile(file, content('one'), { mode: 0o600 });
    const clock = new FakeClock();
    const watcher = start({ clock });
    await watcher.reloadNow();
    for (const next of ['one', 'two']) {
      await writeFile(file, '');
      await watcher.look();
      await clock.advance(1999);
      await watcher.look();
      await writeFile(file, content(next));
      await watcher.look();
    }
    expect(told).toEqual(['one', 'two']);
    await writeFile(file, '');
    await watcher.look();
    expect(told).toEqual(['one', 'two']);
    await clock.advance(2000);
    await until('none');
  });

  test('a broken file and a missing one fail; healed they load', async () => {
    await writeFile(file, content('one'), { mode: 0o600 });
    const watcher = start();
    await watcher.reloadNow();
    await writeFile(file, 'x = ');
    await until('syntax: expected a value');
    expect(await watcher.reloadNow()).toBe(`${file}:1: syntax: expected a value`);
    await rm(file);
    await until('file: there is no such file');
    await writeFile(file, content('two'), { mode: 0o600 });
    await until('two');
  });

  test('all problems are in the text of reloadNow', async () => {
    await writeFile(file, 'a = 1\nb = 2\n', { mode: 0o600 });
    expect((await start().reloadNow())?.split('\n')).toHaveLength(2);
  });

  test.runIf(process.platform !== 'win32')('follows a link to its target, and to another target', async () => {
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name), { mode: 0o700 });
      await writeFile(join(folder, name, 'c.toml'), content(name), { mode: 0o600 });
    }
    await symlink('a/c.toml', file);
    await start().reloadNow();
    await writeFile(join(folder, 'a', 'c.toml'), content('a2'));
    await until('a2');
    await symlink('b/c.toml', join(folder, 'temp'));
    await rename(join(folder, 'temp'), file);
    await until('b');
    await writeFile(join(folder, 'b', 'c.toml'), content('b2'));
    await until('b2');
  });

  test('the same content is told once; reloadNow tells it again', async () => {
    await writeFile(file, content('one'), { mode: 0o600 });
    const watcher = start();
    await watcher.reloadNow();
    await writeFile(file, content('one'));
    await writeFile(join(folder, 'other'), 'x');
    // A change behind them shows that they were looked at, or passed over, by then.
    await writeFile(file, content('two'));
    await until('two');
    expect(told).toEqual(['one', 'two']);
    await watcher.reloadNow();
    expect(told).toEqual(['one', 'two', 'two']);
  });

  test('a folder that comes later is found by looking', async () => {
    const clock = new FakeClock();
    file = join(folder, 'later', 'config.toml');
    const watcher = start({ clock, pollMs: 5000 });
    expect(await watcher.reloadNow()).toContain('there is no such file');
    await mkdir(join(folder, 'later'), { mode: 0o700 });
    await writeFile(file, content('one'), { mode: 0o600 });
    await clock.advance(5000);
    await until('one');
  });

  test('disposed of, it is silent and holds nothing', async () => {
    await writeFile(file, content('one'), { mode: 0o600 });
    const clock = new FakeClock();
    const watcher = start({ clock });
    const reading = watcher.reloadNow();
    watcher.dispose();
    await reading;
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

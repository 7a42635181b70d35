import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  appendLine,
  locked,
  readKnownHosts,
  rewriteKnownHosts,
} from '../../../src/main/engine/host-keys/known-hosts-store.ts';
import { hashName } from '../../../src/main/engine/host-keys/host-names.ts';
import { findLines } from '../../../src/main/engine/host-keys/verdict.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';

checkLeaks();

/** A rewrite that drops the lines that start with `drop`. */
const dropping = (file: string, onPlan: () => void = () => {}): Promise<boolean> =>
  rewriteKnownHosts(systemClock, file, (now) => {
    onPlan();
    const lines = now.lines.filter((line) => !line.raw.startsWith('drop'));
    return { lines: lines.length === now.lines.length ? null : lines };
  });

describe('appendLine', () => {
  test('makes the file 0600, keeps the mode and inode of one that is there', async () => {
    const file = tempFolder().file('known_hosts');
    await appendLine(file, 'one');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = statSync(file);
    await appendLine(file, 'two');
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(file).ino).toBe(before.ino);
  });
});

describe('rewriteKnownHosts', () => {
  test('nothing to change', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('f'), 'keep\n');
    expect(await dropping(folder.file('f'))).toBe(false);
    expect(readdirSync(folder.path)).toEqual(['f']);
  });

  test('a line that comes in while the new file is being made is taken along', async () => {
    const file = tempFolder().file('f');
    writeFileSync(file, 'drop\nkeep\n');
    let plans = 0;
    expect(
      await dropping(file, () => {
        plans += 1;
        if (plans < 3) appendFileSync(file, `late ${plans}\n`);
      }),
    ).toBe(true);
    expect(plans).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe('keep\nlate 1\nlate 2\n');
    expect(readFileSync(`${file}.old`, 'utf8')).toBe('drop\nkeep\nlate 1\nlate 2\n');
  });

  test('a file that vanishes meanwhile stays away', async () => {
    const folder = tempFolder();
    const file = folder.file('f');
    writeFileSync(file, 'drop\nkeep\n');
    expect(await dropping(file, () => statSync(file, { throwIfNoEntry: false }) && unlinkSync(file))).toBe(false);
    expect(readdirSync(folder.path).filter((name) => name !== 'f.old')).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')(
    'what somebody writes to the old file after the change is carried over',
    async () => {
      const file = tempFolder().file('f');
      writeFileSync(file, 'drop\nkeep\n');
      // As ssh does: the file is opened before our change, the line comes after it.
      const theirs = openSync(file, 'a');
      const before = statSync(file).ino;
      const rewriting = dropping(file);
      while (statSync(file).ino === before) await new Promise((resolve) => setImmediate(resolve));
      appendFileSync(theirs, 'late one\nlate two\n');
      closeSync(theirs);
      expect(await rewriting).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe('keep\nlate one\nlate two\n');
    },
  );
});

describe('errors', () => {
  test('whatever goes wrong under the lock is host-key-not-saved', async () => {
    const file = tempFolder().file('f');
    await expect(locked(systemClock, file, () => Promise.reject(new Error('odd')))).rejects.toMatchObject({
      code: 'host-key-not-saved',
      where: file,
    });
  });

  test('a file beyond 8 MiB is refused, not read, and its size and the limit are said', async () => {
    const file = tempFolder().file('f');
    const handle = openSync(file, 'w');
    closeSync(handle);
    truncateSync(file, 60 * 1024 * 1024);
    await expect(readKnownHosts(file)).rejects.toMatchObject({
      code: 'config',
      where: file,
      message: expect.stringContaining(`${file} cannot be read: it has 60.0 MiB, and at most 8 are read`) as string,
    });
    truncateSync(file, 8 * 1024 * 1024 + 1);
    await expect(readKnownHosts(file)).rejects.toThrow('at most 8 are read');
  });

  test('a line beyond 64 KiB is refused with its number, one of 64 KiB is read', async () => {
    const file = tempFolder().file('f');
    writeFileSync(file, `# one\n${'a'.repeat(64 * 1024)}\nthree\n`);
    expect((await readKnownHosts(file)).lines).toHaveLength(3);
    writeFileSync(file, `# one\n${'a'.repeat(64 * 1024 + 1)}\nthree\n`);
    await expect(readKnownHosts(file)).rejects.toThrow('line 2 is longer than 64 KiB');
  });

  test('8 MiB of hashed names hold up nobody: others have turns on the way, and what was asked for is answered', async () => {
    const file = tempFolder().file('f');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5iZu4ZUNhYCV0Q+ANgGsQmxZBC+QhRhgloXEat4p7j';
    const lines: string[] = [];
    for (let size = 0; size < 8 * 1024 * 1024 - 1000; size += (lines.at(-1)?.length ?? 0) + 1)
      lines.push(`${hashName(`h${lines.length}`)} ${key}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    let turns = 0;
    let reading = true;
    const count = (): void => {
      turns += 1;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const known = await readKnownHosts(file, { names: ['nowhere', 'h7'], keys: true });
    reading = false;
    expect(turns).toBeGreaterThan(100);
    expect(known.lines.length).toBe(lines.length);
    expect(findLines([known], 'h7').map(({ line }) => line.number)).toEqual([8]);
    expect(findLines([known], 'nowhere')).toEqual([]);
  });

  test.runIf(process.platform !== 'win32')('a named pipe does not hold it', async () => {
    const file = tempFolder().file('f');
    execFileSync('mkfifo', [file]);
    await expect(readKnownHosts(file)).rejects.toThrow('it is not a regular file');
  });

  test('missing files are empty', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('f'), '');
    expect((await readKnownHosts(folder.file('f', 'below'))).lines).toEqual([]);
    expect((await readKnownHosts(folder.file('none'))).lines).toEqual([]);
  });
});

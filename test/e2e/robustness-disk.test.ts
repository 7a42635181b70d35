import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needProgram, run } from '../support/processes.ts';
import { describeAsRoot } from '../support/root.ts';
import { until } from '../support/until.ts';
import {
  allRun,
  EchoClient,
  echo,
  endSceneAfterEach,
  holdfast,
  hostTable,
  listenOf,
  own,
  runs,
  sshd,
  trust,
  tunnelTable,
} from './scene.ts';

/** A disk without room: a small tmpfs, which takes root to mount. What is on it stays byte for byte what it was, and tunnels run on. */

endSceneAfterEach();

const page = 4096;

/** A file system of so many pages in place of `folder`, until the test ends. */
function mountTiny(folder: string, pages: number): void {
  run(needProgram('mount', 'mount'), ['-t', 'tmpfs', '-o', `size=${pages * page},mode=700`, 'tmpfs', folder]);
  own({ dispose: () => run(needProgram('umount', 'mount'), ['-l', folder]) });
}

/** Takes all room but so many pages. */
function fill(folder: string, free = 0): { end(): void } {
  const filler = join(folder, 'filler');
  writeFileSync(filler, '');
  let size = 0;
  try {
    for (;;) {
      writeFileSync(filler, Buffer.alloc(page), { flag: 'a' });
      size += page;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  writeFileSync(filler, Buffer.alloc(size - free * page));
  return { end: () => rmSync(filler) };
}

describeAsRoot('a full disk', () => {
  it('when a host key is to be kept: refused as host-key-not-saved, the file is what it was; with room again it is kept', async () => {
    const server = await sshd();
    const hf = await holdfast('');
    const folder = join(hf.home, 'tiny');
    run('mkdir', ['-m', '700', folder]);
    mountTiny(folder, 16);
    const file = join(folder, 'known_hosts');
    await hf.configure(
      hostTable('box', server).replace('"known_hosts"', `"${file}"`) +
        tunnelTable('db', 'box', 'manual', 'dynamic 127.0.0.1:0'),
    );
    await hf.serve();
    // A full page with no room beside; then with room for one file's page; then with a rest that takes a part of the line; then no file at all.
    for (const [size, free] of [
      [page, 0],
      [page, 1],
      [2 * page - 40, 1],
      [2 * page - 40, 0],
      [null, 0],
    ] as const) {
      const what = `${size} bytes, ${free} pages free`;
      rmSync(file, { force: true });
      if (size !== null) writeFileSync(file, `# mine ${'x'.repeat(size - 8)}\n`, { mode: 0o600 });
      const before = size === null ? null : readFileSync(file);
      const names = readdirSync(folder);
      const filler = fill(folder, free);
      expect((await hf.run(['up', 'db'])).code).toBe(0);
      expect((await hf.run(['answer', (await hf.prompted(() => true)).id, 'yes'])).code, what).toBeLessThan(2);
      const row = await hf.reach('db', (now) => now.state === 'dead', `it is refused with ${what}`);
      expect(row.cause?.code, what).toBe('host-key-not-saved');
      expect(row.cause?.message, what).toContain(file);
      filler.end();
      expect(readdirSync(folder), what).toEqual(names);
      if (before !== null) expect(readFileSync(file).equals(before), what).toBe(true);
    }
    writeFileSync(file, '# mine', { mode: 0o600 });
    await hf.run(['up', 'db']);
    await hf.run(['answer', (await hf.prompted(() => true)).id, 'yes']);
    await hf.reach('db', runs, 'it runs');
    expect(readFileSync(file, 'utf8')).toContain(`# mine\n${server.knownHostsLine()}\n`);
  });

  it('when the configuration is edited: refused, the file is what it was, nothing is left beside it, the tunnel runs on', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await holdfast('');
    mountTiny(join(hf.home, 'config'), 16);
    const text =
      hostTable('box', server) + tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`);
    await hf.configure(text);
    trust(hf, server);
    await hf.serve();
    await allRun(hf);
    const client = await EchoClient.open(await listenOf(hf, 'db'));
    for (const free of [0, 1]) {
      const names = readdirSync(join(hf.home, 'config'));
      const filler = fill(join(hf.home, 'config'), free);
      // The lock of the edit takes the one free page.
      for (const args of [
        ['edit', 'set', 'tunnels.db.park=1s'],
        ['add', 'tunnel', 'two', '--host', 'box', '--forward', 'dynamic 127.0.0.1:0'],
      ]) {
        const ran = await hf.run(args);
        if (free === 0) {
          expect(ran.code, args.join(' ')).toBe(2);
          expect(ran.stderr).toMatch(/disk is full/);
        }
        expect(ran.stderr).not.toMatch(/\n\s+at /);
        if (ran.code !== 0) expect(readFileSync(hf.configFile, 'utf8')).toBe(text);
        else await hf.configure(text);
      }
      filler.end();
      expect(readdirSync(join(hf.home, 'config'))).toEqual(names);
      await client.exchange(`after ${free}\n`);
    }
    expect((await hf.run(['edit', 'set', 'tunnels.db.park=1s'])).code).toBe(0);
    await client.exchange('after all\n');
  });

  it('below log and history: the engine runs on, heals, and what was kept before is there after the next start', async () => {
    const server = await sshd();
    const hf = await holdfast('');
    run('mkdir', ['-m', '700', join(hf.home, 'state')]);
    mountTiny(join(hf.home, 'state'), 64);
    await hf.configure(
      hostTable('box', server) +
        tunnelTable('asked', 'box', 'manual', 'dynamic 127.0.0.1:0') +
        tunnelTable('more', 'box', 'manual', 'dynamic 127.0.0.1:0'),
    );
    trust(hf, server);
    await hf.serve();
    expect((await hf.run(['up', 'asked', '--wait'])).code).toBe(0);
    const filler = fill(join(hf.home, 'state'));
    for (let round = 1; round <= 3; round += 1) {
      server.killSessions();
      await hf.reach('asked', (row) => runs(row) && row.reconnects === round, `it healed ${round} times`);
    }
    expect((await hf.run(['up', 'more', '--wait'])).code).toBe(0);
    expect((await hf.run(['logs', '-n', '10'])).code).toBe(0);
    filler.end();
    for (const name of ['asked', 'more']) expect((await hf.run(['restart', name, '--wait'])).code).toBe(0);
    await until(async () => (await hf.run(['logs', 'more', '--json'])).stdout.includes('could not be written'), {
      what: 'the lines that were lost to be told',
    });
    // What was asked for without room is kept as soon as there is some.
    expect((await hf.end('SIGTERM')).code).toBe(0);
    await hf.serve();
    await allRun(hf, ['asked', 'more']);
    const events = JSON.parse((await hf.run(['events', 'asked', '--json', '-n', '500'])).stdout) as { what: string }[];
    expect(events.map((event) => event.what)).toContain('up');
    // And an end without any room.
    const again = fill(join(hf.home, 'state'));
    expect((await hf.end('SIGTERM')).code).toBe(0);
    again.end();
    await hf.serve();
    await allRun(hf, ['asked', 'more']);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/main/engine/config/paths.ts';
import {
  EngineLock,
  engineHolder,
  FileLock,
  isStaleLock,
  type LockSubject,
} from '../../../src/main/engine/control/engine-lock.ts';
import { identify, isAlive } from '../../../src/main/engine/control/process-identity.ts';
import { noEngine } from '../../../src/main/engine/control/control-client.ts';
import { engine } from '../../../src/shared/i18n/sentences/engine.ts';
import { itAsRoot } from '../../support/root.ts';
import { needProgram } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

function profileIn(folder: string, socket = 'a.sock'): Profile {
  return {
    configFile: `${folder}/config.toml`,
    id: 'x',
    stateFolder: `${folder}/state`,
    logFolder: `${folder}/state/logs`,
    lockFile: `${folder}/state/engine.lock`,
    socketPath: `${folder}/${socket}`,
    socketChosen: true,
  };
}

describe('EngineLock', () => {
  it('is taken once; the second is refused by configuration file and pid, whatever its socket', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    const lock = await EngineLock.acquire(profile);
    expect(statSync(profile.lockFile).mode & 0o777).toBe(0o600);
    expect(statSync(profile.stateFolder).mode & 0o777).toBe(0o700);
    await expect(EngineLock.acquire(profileIn(folder, 'other.sock'))).rejects.toMatchObject({
      code: 'already-running',
      where: profile.configFile,
      message: expect.stringMatching(new RegExp(`${profile.configFile}.*pid ${process.pid}`)),
    });
    expect(engineHolder(profile)).toMatchObject({ pid: process.pid, socketPath: profile.socketPath });
    lock.dispose();
    expect(existsSync(profile.lockFile)).toBe(false);
    expect(engineHolder(profile)).toBeNull();
    (await EngineLock.acquire(profile)).dispose();
  });

  it('is recovered from a process that is gone', async () => {
    const profile = profileIn(tempFolder().path);
    const lock = await EngineLock.acquire(profile);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const holder = JSON.parse(readFileSync(profile.lockFile, 'utf8')) as Record<string, unknown>;
    writeFileSync(profile.lockFile, JSON.stringify({ ...holder, pid: dead }));
    expect(isStaleLock(profile.lockFile)).toBe(true);
    const second = await EngineLock.acquire(profile);
    // The first no longer owns the file and leaves the second's alone.
    lock.dispose();
    expect(engineHolder(profile)?.pid).toBe(process.pid);
    second.dispose();
    expect(existsSync(profile.lockFile)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is recovered when another process has the pid now', async () => {
    const profile = profileIn(tempFolder().path);
    const lock = await EngineLock.acquire(profile);
    const holder = JSON.parse(readFileSync(profile.lockFile, 'utf8')) as { start: string };
    // Same pid, alive, but begun at another moment.
    const [boot, ticks] = holder.start.split(' ');
    writeFileSync(profile.lockFile, JSON.stringify({ ...holder, token: 'x', start: `${boot} ${Number(ticks) - 1}` }));
    (await EngineLock.acquire(profile)).dispose();
    // Same pid and ticks, but another boot.
    writeFileSync(profile.lockFile, JSON.stringify({ ...holder, token: 'x', start: `other ${ticks}` }));
    (await EngineLock.acquire(profile)).dispose();
    lock.dispose();
  });

  it('gives an unreadable file a short grace, then recovers it', async () => {
    const profile = profileIn(tempFolder().path);
    (await EngineLock.acquire(profile)).dispose();
    writeFileSync(profile.lockFile, '{"pid":');
    await expect(EngineLock.acquire(profile)).rejects.toMatchObject({ code: 'already-running' });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(profile.lockFile, longAgo, longAgo);
    (await EngineLock.acquire(profile)).dispose();
  });

  it('goes to exactly one of many processes that find a stale one', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    (await EngineLock.acquire(profile)).dispose();
    writeFileSync(
      profile.lockFile,
      JSON.stringify({ pid: 2 ** 30, start: null, notedAtMs: 0, configFile: 'c', socketPath: 's', token: 't' }),
    );
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => EngineLock.acquire(profile)));
    const won = results.filter((each) => each.status === 'fulfilled');
    expect(won.length).toBe(1);
    for (const each of won) each.value.dispose();
  });

  it('tells a folder it cannot write', async () => {
    const folder = tempFolder().path;
    writeFileSync(`${folder}/state`, 'a file');
    await expect(EngineLock.acquire(profileIn(folder))).rejects.toMatchObject({ code: 'config' });
  });
});

describe('FileLock and process identity', () => {
  it('knows a living process from a dead one', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const identity = identify(child.pid ?? 0);
    expect(isAlive(identity)).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(isAlive({ pid: 0, start: null, notedAtMs: Date.now() })).toBe(false);
    expect(isAlive({ pid: process.pid, start: null, notedAtMs: Date.now() })).toBe(true);
    // Where no start is known, a process noted before the boot is gone.
    expect(isAlive({ pid: process.pid, start: null, notedAtMs: 0 })).toBe(false);
  });

  it('can be taken again by the same process after it was released', async () => {
    const file = tempFolder().file('lock');
    const subject = { configFile: 'c', socketPath: 's' };
    const first = await FileLock.acquire(file, subject);
    first.dispose();
    const second = await FileLock.acquire(file, subject);
    first.dispose();
    expect(existsSync(file)).toBe(true);
    second.dispose();
  });
});

describe.skipIf(process.platform === 'win32')('a lock that somebody else could have written', () => {
  /** What a stranger would like us to print and to type. */
  const bait = {
    ...identify(process.pid),
    configFile: 'c',
    socketPath: '/tmp/x\n\nholdfast: type your password:',
    token: 't',
  };

  function shared(): { readonly folder: string; readonly file: string; readonly subject: LockSubject } {
    const folder = tempFolder().path;
    chmodSync(folder, 0o1777);
    const socketPath = `${folder}/my.sock`;
    return { folder, file: `${socketPath}.lock`, subject: { configFile: `${folder}/c.toml`, socketPath } };
  }

  itAsRoot(
    "a stranger's file is not believed: the refusal names him and what to do, and nothing out of it",
    async () => {
      const { file, subject } = shared();
      const refusal = {
        code: 'config',
        where: file,
        message: `The lock ${file} is not believed: the file ${file} belongs to another user (uid 65534); it must be yours or root's.`,
        next: expect.stringContaining(`rm ${file}`),
      };
      // One of a process that lives, of one that is gone, of none at all; whatever its mode.
      for (const text of [JSON.stringify(bait), JSON.stringify({ ...bait, pid: 2 ** 30 }), '']) {
        writeFileSync(file, text);
        chownSync(file, 65534, 65534);
        const longAgo = new Date(Date.now() - 60_000);
        utimesSync(file, longAgo, longAgo);
        await expect(FileLock.acquire(file, subject)).rejects.toMatchObject(refusal);
        expect(isStaleLock(file)).toBe(false);
        expect(readFileSync(file, 'utf8')).toBe(text);
      }
    },
  );

  itAsRoot("nor is a stranger's link, folder or pipe, and no pipe holds us up", async () => {
    const { folder, file, subject } = shared();
    const made = [
      () => {
        writeFileSync(`${folder}/real`, JSON.stringify(bait));
        symlinkSync(`${folder}/real`, file);
      },
      () => symlinkSync('nowhere', file),
      () => mkdirSync(file),
      () => spawnSync(needProgram('mkfifo', 'coreutils'), [file]),
    ];
    for (const make of made) {
      make();
      lchownSync(file, 65534, 65534);
      await expect(FileLock.acquire(file, subject)).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('belongs to another user (uid 65534)'),
      });
      spawnSync('rm', ['-rf', file]);
    }
  });

  itAsRoot('an engine beside it says so, and a command names no socket out of it', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(profile.stateFolder);
    chmodSync(profile.stateFolder, 0o1777);
    writeFileSync(profile.lockFile, JSON.stringify(bait));
    chownSync(profile.lockFile, 65534, 65534);
    await expect(EngineLock.acquire(profile)).rejects.toMatchObject({ code: 'config', where: profile.lockFile });
    expect(engineHolder(profile)).toBeNull();
    expect(noEngine(profile, engine.noSocket()).next).toBe('Start it with: holdfast serve');
  });

  it('nor is one of ours that everybody may write', async () => {
    const { file, subject } = shared();
    writeFileSync(file, JSON.stringify(bait));
    chmodSync(file, 0o666);
    await expect(FileLock.acquire(file, subject)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`may be written by everybody; run: chmod go-w ${file}`),
    });
  });

  it('what is shown of one that is believed is one line', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(profile.stateFolder);
    writeFileSync(profile.lockFile, JSON.stringify(bait), { mode: 0o600 });
    const shown = '/tmp/x holdfast: type your password:';
    await expect(EngineLock.acquire(profile)).rejects.toMatchObject({
      code: 'already-running',
      next: expect.stringContaining(`Its control socket is ${shown}.`),
    });
    expect(noEngine(profile, engine.noSocket()).next).toContain(`listens at ${shown}:`);
  });

  it('a link or a pipe of ours in its place is recovered', async () => {
    const { file, subject } = shared();
    for (const make of [
      () => symlinkSync('/dev/zero', file),
      () => spawnSync(needProgram('mkfifo', 'coreutils'), [file]),
    ]) {
      make();
      spawnSync('touch', ['-h', '-d', '1 hour ago', file]);
      (await FileLock.acquire(file, subject)).dispose();
      expect(existsSync(file)).toBe(false);
    }
  });
});

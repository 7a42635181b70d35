import { contractVersion } from '../../src/shared/contract/calls.ts';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { needProgram } from '../support/processes.ts';
import { isRoot, itAsRoot } from '../support/root.ts';
import { allRun, endSceneAfterEach, holdfast, socketOf, sshd, trusting, tunnelTable } from './scene.ts';

/** Who may talk to the engine and read what it writes: its user alone. */

endSceneAfterEach();

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));
const nobody = 65_534;

/** Runs a program as another user. */
function asNobody(env: NodeJS.ProcessEnv, program: string, ...args: string[]): ReturnType<typeof spawnSync> {
  const setpriv = needProgram('setpriv', 'util-linux');
  return spawnSync(setpriv, [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--', program, ...args], {
    env,
    encoding: 'utf8',
    input: `{"id":0,"call":"hello","input":{"client":"x","contract":${contractVersion}}}\n`,
    timeout: 10_000,
  });
}

describe('another user', () => {
  // Becoming somebody else takes root.
  itAsRoot('cannot talk to the engine: the folder alone keeps them out, and so does the socket alone', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    await hf.serve();
    await allRun(hf);
    const socket = socketOf(hf);
    const folder = dirname(socket);
    expect(statSync(folder).mode & 0o7777).toBe(0o700);
    expect(statSync(socket).mode & 0o7777).toBe(0o600);
    const nc = needProgram('nc', 'netcat-openbsd');
    // Everything above is open, so that only these two are proven.
    for (const above of [hf.home, join(hf.home, 'run'), join(hf.home, 'config')]) chmodSync(above, 0o755);
    chmodSync(hf.configFile, 0o644);
    const knock = () => asNobody(hf.env, nc, '-U', '-w', '2', socket);
    const foldersWork = knock();
    expect(foldersWork.status).not.toBe(0);
    expect(foldersWork.stdout).toBe('');
    expect(foldersWork.stderr).toMatch(/Permission denied/);
    chmodSync(folder, 0o755);
    const socketsWork = knock();
    expect(socketsWork.stdout).toBe('');
    expect(socketsWork.stderr).toMatch(/Permission denied/);
    // Only to show that the knock would be answered: with the socket open, it is.
    chmodSync(socket, 0o666);
    expect(knock().stdout).toContain('"pid"');
    chmodSync(socket, 0o600);
    const status = asNobody(hf.env, process.execPath, command, 'status', '--config', hf.configFile);
    expect(status.status).toBeGreaterThanOrEqual(1);
    expect(status.status).toBeLessThanOrEqual(5);
    expect(String(status.stderr)).toMatch(/holdfast: .*\S/);
    expect(String(status.stderr)).not.toMatch(/\n\s+at /);
  });

  it('can read nothing that the engine writes', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    await hf.serve();
    await allRun(hf);
    await hf.end('SIGTERM');
    const open: string[] = [];
    let seen = 0;
    const walk = (path: string): void => {
      const stats = lstatSync(path);
      seen += 1;
      if ((stats.mode & 0o077) !== 0) open.push(`${path} ${(stats.mode & 0o777).toString(8)}`);
      if (stats.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
    };
    const root = join(hf.home, 'state', 'holdfast');
    for (const profile of readdirSync(root)) walk(join(root, profile));
    expect(open).toEqual([]);
    expect(seen).toBeGreaterThan(4);
  });
});

describe('the folder of the control socket', () => {
  const refused: [string, RegExp, (folder: string, elsewhere: string) => void][] = [
    ['a link', /symbolic link/, (folder, elsewhere) => symlinkSync(elsewhere, folder)],
    ['a dangling link', /./, (folder, elsewhere) => symlinkSync(`${elsewhere}-not-there`, folder)],
    ['a file', /./, (folder) => writeFileSync(folder, 'mine')],
    ['writable by others', /written by everybody/, (folder) => open(folder, 0o777)],
    ['writable by its group', /written by its group/, (folder) => open(folder, 0o770)],
  ];
  if (isRoot)
    refused.push([
      'of somebody else',
      /belongs to another user/,
      (folder) => {
        mkdirSync(folder, { mode: 0o700 });
        chownSync(folder, nobody, nobody);
      },
    ]);

  function open(folder: string, mode: number): void {
    mkdirSync(folder);
    chmodSync(folder, mode);
  }

  it('is refused with the reason if it is not safe, and nothing is changed', async () => {
    const hf = await holdfast('[hosts.box]\naddress = "127.0.0.1"\n');
    const elsewhere = join(hf.home, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o755 });
    const folder = join(hf.home, 'run', 'holdfast');
    for (const [what, reason, make] of refused) {
      make(folder, elsewhere);
      const before = lstatSync(folder);
      const ran = await hf.run(['serve']);
      expect([1, 2], what).toContain(ran.code);
      expect(ran.stdout, what).toBe('');
      expect(ran.stderr, what).toContain(folder);
      expect(ran.stderr, what).toMatch(reason);
      expect(ran.stderr, what).not.toMatch(/\n\s+at |internal/);
      const after = lstatSync(folder);
      expect([after.ino, after.mode, after.uid], what).toEqual([before.ino, before.mode, before.uid]);
      expect(readdirSync(elsewhere), what).toEqual([]);
      expect(statSync(elsewhere).mode & 0o777, what).toBe(0o755);
      rmSync(folder, { recursive: true });
    }
    // One that others can only read is ours to close.
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await hf.serve();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('a file in the place of the socket is left as it is', async () => {
    const hf = await holdfast('[hosts.box]\naddress = "127.0.0.1"\n');
    await hf.serve();
    const socket = socketOf(hf);
    await hf.end();
    writeFileSync(socket, 'notes');
    const ran = await hf.run(['serve']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(socket);
    expect(readFileSync(socket, 'utf8')).toBe('notes');
    expect(readdirSync(dirname(socket))).toHaveLength(1);
  });
});

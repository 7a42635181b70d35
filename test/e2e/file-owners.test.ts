import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { needProgram } from '../support/processes.ts';
import { describeAsRoot } from '../support/root.ts';
import { type TempFolder, tempFolder } from '../support/temp.ts';

/**
 * Files of other users as the system has them: the command runs as users of its own, of whom only its mount namespace knows. Becoming another
 * user takes root.
 */
const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));
const config = '[hosts.box]\naddress = "127.0.0.1"\n';

const me = 4711;
const you = 4712;
/** Groups: one of mine alone, one of us both. */
const [mine, ours] = [4711, 4720];

class World {
  readonly folder: TempFolder = tempFolder();
  readonly home = this.folder.file('home', 'me');
  readonly configFile = join(this.home, '.config', 'holdfast', 'config.toml');

  constructor() {
    chmodSync(this.folder.path, 0o755);
    this.make(dirname(this.home), 0, 0, 0o755);
    this.make(this.home, me, mine, 0o755);
    writeFileSync(this.folder.file('group'), `root:x:0:\nme:x:${mine}:\nyou:x:${you}:\nteam:x:${ours}:me,you\n`);
    const users = [
      `root:x:0:0::/root:/bin/sh`,
      `me:x:${me}:${mine}::${this.home}:/bin/sh`,
      `you:x:${you}:${you}::/:/bin/sh`,
    ];
    writeFileSync(this.folder.file('passwd'), `${users.join('\n')}\n`);
  }

  make(folder: string, uid: number, gid: number, mode: number): string {
    mkdirSync(folder, { recursive: true });
    chownSync(folder, uid, gid);
    chmodSync(folder, mode);
    return folder;
  }

  write(file: string, uid: number, gid: number, mode: number, text = config): string {
    writeFileSync(file, text);
    chownSync(file, uid, gid);
    chmodSync(file, mode);
    return file;
  }

  /** A root of states with the folder of this profile in it. */
  theirState(uid: number, gid: number, mode: number): string {
    const root = this.make(this.folder.file('state'), me, mine, 0o755);
    this.make(this.profileState(root), uid, gid, mode);
    return root;
  }

  profileState(root: string): string {
    return resolveProfile(join(this.home, 'c.toml'), { HOLDFAST_STATE: root }).stateFolder;
  }

  link(target: string, at: string, uid: number): void {
    symlinkSync(target, at);
    lchownSync(at, uid, uid);
  }

  /** Runs the command as me, who is in the team. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = '') {
    const setpriv = needProgram('setpriv', 'util-linux');
    const become = `${setpriv} --reuid=${me} --regid=${mine} --groups=${mine},${ours}`;
    const mounts = ['group', 'passwd'].map((name) => `mount --bind "${this.folder.file(name)}" /etc/${name}`);
    const line = `${mounts.join(' && ')} && exec ${become} -- "$@"`;
    const ran = spawnSync(
      needProgram('unshare', 'util-linux'),
      ['-m', 'sh', '-c', line, 'sh', process.execPath, command, ...args],
      {
        encoding: 'utf8',
        input,
        env: { PATH: process.env['PATH'], HOME: this.home, USER: 'me', ...env },
        timeout: 60_000,
      },
    );
    return { code: ran.status, out: `${ran.stdout}${ran.stderr}` };
  }
}

const edit = ['edit', 'set', 'hosts.box.port=2222'];

describeAsRoot('files of several users', () => {
  it('umask 002: folders and file of mode 775 and 664 are mine, as my group has me alone', () => {
    const world = new World();
    world.make(join(world.home, '.config'), me, mine, 0o775);
    world.make(dirname(world.configFile), me, mine, 0o775);
    world.write(world.configFile, me, mine, 0o664);
    expect(world.run(['check'])).toMatchObject({ code: 0 });
    expect(world.run(edit)).toMatchObject({ code: 0 });
    expect(readFileSync(world.configFile, 'utf8')).toContain('port = 2222');
    // The same with a group that has somebody else, too.
    chownSync(world.configFile, me, ours);
    chmodSync(world.configFile, 0o664);
    expect(world.run(['check'])).toMatchObject({
      code: 2,
      out: expect.stringContaining('written by its group') as string,
    });
    chownSync(world.configFile, me, mine);
    chownSync(dirname(world.configFile), me, ours);
    expect(world.run(edit)).toMatchObject({ code: 2, out: expect.stringContaining('written by its group') as string });
  });

  it('a dotfiles folder of mine: the file behind the link is written, and stays mine', () => {
    const world = new World();
    world.make(join(world.home, '.config'), me, mine, 0o755);
    world.make(dirname(world.configFile), me, mine, 0o755);
    const dotfiles = world.make(join(world.home, 'dotfiles'), me, mine, 0o775);
    const real = world.write(join(dotfiles, 'holdfast.toml'), me, mine, 0o644);
    world.link('../../dotfiles/holdfast.toml', world.configFile, me);
    expect(world.run(edit)).toMatchObject({ code: 0 });
    expect(readFileSync(real, 'utf8')).toContain('port = 2222');
    expect(lstatSync(real)).toMatchObject({ uid: me, gid: mine });
    expect(lstatSync(world.configFile).isSymbolicLink()).toBe(true);
    // Root's link to a file of mine is as good.
    world.run(['edit', 'unset', 'hosts.box.port']);
    lchownSync(world.configFile, 0, 0);
    expect(world.run(edit)).toMatchObject({ code: 0 });
  });

  it.each([
    ['the dotfiles belong to another user', (_w: World, dotfiles: string) => chownSync(dotfiles, you, you)],
    [
      'the dotfiles may be written by a team',
      (_w: World, dotfiles: string) => {
        chownSync(dotfiles, me, ours);
        chmodSync(dotfiles, 0o775);
      },
    ],
    ['everybody may write the folder above', (_w: World, dotfiles: string) => chmodSync(dirname(dotfiles), 0o777)],
    [
      'the file belongs to another user',
      (_w: World, dotfiles: string) => chownSync(join(dotfiles, 'holdfast.toml'), you, you),
    ],
    ['the link belongs to another user', (w: World) => lchownSync(w.configFile, you, you)],
  ])('nothing is written, and the real file named, where %s', (_, change) => {
    const world = new World();
    world.make(join(world.home, '.config'), me, mine, 0o755);
    world.make(dirname(world.configFile), me, mine, 0o755);
    const above = world.make(join(world.home, 'git'), me, mine, 0o755);
    const dotfiles = world.make(join(above, 'dotfiles'), me, mine, 0o755);
    const real = world.write(join(dotfiles, 'holdfast.toml'), me, mine, 0o644);
    world.link(real, world.configFile, me);
    change(world, dotfiles);
    const ran = world.run(edit);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.out).toMatch(/belongs to another user|may be written by/);
    expect(ran.out).toContain(`leads to ${real}`);
    expect(readFileSync(real, 'utf8')).toBe(config);
    expect(lstatSync(world.configFile).isSymbolicLink()).toBe(true);
  });

  it('a link in /tmp that somebody else placed is not followed, and a file there that got a second name neither', () => {
    const world = new World();
    const shared = world.make(world.folder.file('tmp'), 0, 0, 0o1777);
    const secret = world.write(join(world.home, 'other.toml'), me, mine, 0o600);
    const at = join(shared, 'config.toml');
    world.link(secret, at, you);
    expect(world.run(['--config', at, 'check'])).toMatchObject({
      code: 2,
      out: expect.stringMatching(/link .* another user/) as string,
    });
    expect(world.run(['--config', at, ...edit])).toMatchObject({ code: 2 });
    expect(readFileSync(secret, 'utf8')).toBe(config);
    const planted = join(shared, 'planted.toml');
    spawnSync('ln', [secret, planted]);
    expect(world.run(['--config', planted, ...edit])).toMatchObject({
      code: 2,
      out: expect.stringContaining('another name too') as string,
    });
    expect(readFileSync(secret, 'utf8')).toBe(config);
  });

  describe('the state folder', () => {
    const state = (world: World): string => {
      const folder = world.home;
      world.write(join(folder, 'c.toml'), me, mine, 0o600);
      return join(folder, 'c.toml');
    };

    it.each([
      ['HOME is not there', (_w: World) => ({ HOME: '/nonexistent' }), /may not write there/],
      [
        'HOME is empty and the user unknown',
        (w: World) => {
          writeFileSync(w.folder.file('passwd'), 'root:x:0:0::/root:/bin/sh\n');
          return { HOME: '' };
        },
        /nonexistent.*may not write there/,
      ],
      [
        'HOME may not be written',
        (w: World) => {
          chmodSync(w.home, 0o555);
          return {};
        },
        /may not write there/,
      ],
      [
        'a file stands in its place',
        (w: World) => {
          w.write(join(w.home, '.local'), me, mine, 0o600);
          return {};
        },
        /a file stands in its place/,
      ],
      [
        'it belongs to somebody else',
        (w: World) => ({ HOLDFAST_STATE: w.theirState(you, you, 0o777) }),
        /belongs to another user/,
      ],
      [
        'a team may write it',
        (w: World) => ({ HOLDFAST_STATE: w.theirState(me, ours, 0o775) }),
        /may be written by its group/,
      ],
    ])('where %s, serve ends with 1 and names HOLDFAST_STATE', (_, prepare, says) => {
      const world = new World();
      const file = state(world);
      const ran = world.run(['--config', file, 'serve'], prepare(world));
      expect(ran).toMatchObject({ code: 1, out: expect.stringMatching(says) as string });
      expect(ran.out).toContain('HOLDFAST_STATE');
      expect(ran.out).not.toMatch(/report|unexpected/);
      // What needs no state goes on.
      expect(world.run(['--config', file, 'list'], prepare(world))).toMatchObject({ code: 0 });
    });

    it('a vault that cannot be made there says so', () => {
      const world = new World();
      const ran = world.run(['--config', state(world), 'vault', 'create'], { HOME: '/nonexistent' }, 'open sesame\n');
      expect(ran).toMatchObject({ code: 1, out: expect.stringContaining('HOLDFAST_STATE') as string });
      expect(ran.out).not.toMatch(/report|unexpected/);
    });

    it('a last good configuration of somebody else is not believed', () => {
      const world = new World();
      const file = state(world);
      writeFileSync(file, 'broken');
      const root = world.theirState(me, mine, 0o700);
      const lastGood = join(world.profileState(root), 'last-good.toml');
      world.write(lastGood, you, you, 0o644);
      expect(world.run(['--config', file, 'serve'], { HOLDFAST_STATE: root })).toMatchObject({ code: 2 });
    });
  });
});

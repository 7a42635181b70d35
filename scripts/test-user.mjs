// Where root runs the tests: an ordinary user for those in a real Electron, which gives root no sandbox. The user is made once and used again; a run
// has its own copy of the checkout, since the checkout may lie where only root can read.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const name = 'holdfast-test';
/** Says whose it is; one with this name that somebody else made is left alone. */
const comment = "runs Holdfast's tests";

/** The user, made if need be: { name, uid, gid, home }. Throws with the reason if there can be none. */
export function testUser() {
  const known = lookUp();
  if (known !== null) return known;
  runOrThrow('useradd', ['--create-home', '--shell', '/bin/sh', '--comment', comment, name]);
  const made = lookUp();
  if (made === null) throw new Error(`useradd made no user ${name}`);
  return made;
}

function lookUp() {
  const found = spawnSync('getent', ['passwd', name], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (found === '') return null;
  const [, , uid, gid, gecos, home] = found.split(':');
  if (gecos !== comment || Number(uid) === 0 || !existsSync(home))
    throw new Error(`the user ${name} exists and is not the one that the tests make`);
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** A copy of the checkout with its dependencies, the user's own: { folder, node, env, remove() }. */
export function checkoutFor(user, root) {
  removeStale(user);
  const place = join(user.home, `run-${process.pid}`);
  const folder = join(place, 'holdfast');
  as(user, 'mkdir', ['-m', '700', '-p', folder]);
  // Root reads, the user writes: all of it is theirs.
  const skipped = ['.git', 'coverage', 'dist', 'node_modules/.cache', 'node_modules/.vite'].map(
    (path) => `--exclude=./${path}`,
  );
  copy(user, ['-C', root, ...skipped, '.'], folder);
  handOn(user);
  const node = nodeFor(user, place);
  return {
    folder,
    node,
    place,
    env: environment(user, node),
    // What still runs as the user may still write.
    remove: () => rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** A program and its arguments as this user. */
export function asUser({ name, gid }, program, args) {
  return { program: 'setpriv', args: [`--reuid=${name}`, `--regid=${gid}`, '--init-groups', '--', program, ...args] };
}

/** Copies of runs that were killed. */
function removeStale({ home }) {
  for (const found of readdirSync(home)) {
    const pid = /^run-(\d+)$/.exec(found)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(home, found), { recursive: true, force: true });
  }
}

/** What root has fetched already is not fetched again. */
function handOn(user) {
  const from = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast-test');
  const to = join(user.home, '.cache', 'holdfast-test');
  if (!existsSync(from)) return;
  as(user, 'mkdir', ['-p', to]);
  const had = new Set(readdirSync(to));
  const wanted = readdirSync(from).filter((found) => !had.has(found) && lstatSync(join(from, found)).isDirectory());
  if (wanted.length > 0) copy(user, ['-C', from, ...wanted], to);
}

/** Node where the user can run it: this one, or a copy of it if it lies in a folder of root's. */
function nodeFor(user, place) {
  if (spawnAs(user, process.execPath, ['--version']).status === 0) return process.execPath;
  const prefix = dirname(dirname(process.execPath));
  const bin = join(place, 'node', 'bin');
  mkdirSync(bin, { recursive: true });
  cpSync(process.execPath, join(bin, 'node'));
  const npm = join('lib', 'node_modules', 'npm');
  if (existsSync(join(prefix, npm))) {
    cpSync(join(prefix, npm), join(place, 'node', npm), { recursive: true });
    symlinkSync(join('..', npm, 'bin', 'npm-cli.js'), join(bin, 'npm'));
  }
  return join(bin, 'node');
}

/** Root's own, but for what names root's places and desktop. */
function environment(user, node) {
  const env = {};
  for (const [key, value] of Object.entries(process.env))
    if (
      !/^(npm_(?!config_registry$)|XDG_|DBUS_|SUDO_|DISPLAY$|WAYLAND_DISPLAY$|XAUTHORITY$|INIT_CWD$|MAIL$|OLDPWD$|PWD$)/.test(
        key,
      )
    )
      env[key] = value;
  const path = [dirname(node), env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter);
  return { ...env, PATH: path, HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: '/bin/sh' };
}

/** `what`: arguments of tar that name files. */
function copy(user, what, folder) {
  const { program, args } = asUser(user, 'tar', ['--extract', '--no-same-owner', '-C', folder]);
  const unpack = [program, ...args].map((word) => `'${word}'`).join(' ');
  runOrThrow('/bin/sh', ['-c', `tar --create "$@" | ${unpack}`, 'sh', ...what]);
}

function spawnAs(user, program, args) {
  const all = asUser(user, program, args);
  return spawnSync(all.program, all.args, { encoding: 'utf8', cwd: '/' });
}

function as(user, program, args) {
  const { status, stderr } = spawnAs(user, program, args);
  if (status !== 0) throw new Error(`${program} as ${user.name}: ${stderr}`);
}

function runOrThrow(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program}: ${stderr.trim()}`);
}

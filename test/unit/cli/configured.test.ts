import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logFileName } from '../../../src/main/engine/log/log-record.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { Bench, goodConfig } from './run-command.ts';

function benchWith(config = goodConfig): Bench {
  const bench = new Bench();
  bench.configure(config);
  return bench;
}

describe('check', () => {
  it('gives 0 for a good file, 2 with FILE:LINE: KEY for a bad one', async () => {
    const bench = benchWith();
    expect(await bench.run(['check'])).toMatchObject({
      exitCode: 0,
      stdout: `${bench.configFile} is good: 2 tunnels, 1 host.\n`,
      stderr: '',
    });
    const other = `${bench.folder}/other.toml`;
    writeFileSync(other, goodConfig.replace('port =', 'prot =').replace('"manual"', '"never"'), { mode: 0o600 });
    const ran = await bench.run(['check', other, '--json']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr.split('\n')[0]).toMatch(new RegExp(`^${other}:5: hosts\\.box\\.prot: .*port`));
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { file: other, line: 5, key: 'hosts.box.prot', severity: 'problem' },
      { file: other, line: 15, key: 'tunnels.web.start', severity: 'problem' },
    ]);
  });

  it('prints a hundred problems and how many there are', async () => {
    const bench = benchWith(Array.from({ length: 3000 }, (_, i) => `a${i} = 1`).join('\n'));
    const ran = await bench.run(['check']);
    expect(ran.exitCode).toBe(2);
    const lines = ran.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(101);
    expect(lines[99]).toContain(':100: a99: unknown key');
    expect(lines[100]).toBe(`${bench.configFile}: 2900 more problems, 3000 altogether`);
  });

  it('says how to begin when there is no file', async () => {
    const ran = await new Bench().run(['check']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('holdfast add host');
  });

  it('warns of a port that two tunnels start with, and gives 0', async () => {
    const bench = benchWith(goodConfig.replace('dynamic 1080', 'local 5432 -> a:1').replace('"manual"', '"login"'));
    const ran = await bench.run(['check']);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toMatch(/config\.toml:\d+: tunnels\.\w+\.\S+: warning: /);
  });
});

describe('list, show, hosts', () => {
  it('speak the language of the settings', async () => {
    const german = benchWith(`[settings]\nlanguage = "de"\n${goodConfig}`);
    expect((await german.run(['list'])).stdout).toMatch(/^NAME +HOST +GRUPPE/);
    const system = benchWith(`[settings]\nlanguage = "system"\n${goodConfig}`);
    expect((await system.run(['list'])).stdout).toMatch(/^NAME +HOST +GROUP/);
  });

  it('need no engine', async () => {
    const bench = benchWith();
    expect((await bench.run(['list'])).stdout).toMatch(/^NAME +HOST +GROUP.*\ndb +box +work +login +local 127/);
    expect(await bench.json(['list'])).toMatchObject([
      { name: 'db', group: 'work' },
      { name: 'web', start: 'manual' },
    ]);
    expect((await bench.run(['list', '--names'])).stdout).toBe('db\nweb\n');
    expect((await bench.run(['list', '--names', '--groups'])).stdout).toBe('db\nweb\nwork\n');
    expect((await bench.run(['hosts'])).stdout).toMatch(/box +me +box\.example\.org:2222 +-/);
    expect((await bench.run(['hosts', '--names'])).stdout).toBe('box\n');
    expect((await bench.run(['show', 'db'])).stdout).toContain('me@box.example.org:2222');
    expect((await bench.run(['show', 'nope'])).exitCode).toBe(4);
    expect((await bench.run(['show'])).exitCode).toBe(2);
  });

  it('show has the state when an engine runs', async () => {
    const bench = await benchWith().serve();
    bench.engine.addTunnel('db', { state: { kind: 'running', sinceMs: 0, degraded: null } });
    expect((await bench.run(['show', 'db'])).stdout).toContain('● RUNNING');
    expect(await bench.json(['show', 'db'])).toMatchObject({ status: { state: 'running' }, host: { port: 2222 } });
    expect(await bench.json(['show', 'web'])).toMatchObject({ status: null });
  });

  it('tell a broken file (2), while names for completion stay silent', async () => {
    const bench = benchWith('nonsense [');
    expect((await bench.run(['list'])).exitCode).toBe(2);
    expect(await bench.run(['list', '--names'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('add, remove, edit', () => {
  it('make a first configuration from nothing', async () => {
    const bench = new Bench();
    const host = [
      'add',
      'host',
      'box',
      '--address',
      '10.0.0.1',
      '--user',
      'me',
      '-p',
      '2200',
      '-i',
      '~/.ssh/id',
      'agent=false',
    ];
    expect(await bench.run(host)).toMatchObject({ exitCode: 0, stdout: 'Added host box.\n' });
    expect(
      (await bench.run(['add', 'tunnel', 'web', '--host', 'box', '--forward', 'dynamic 1080', 'park=5s'])).exitCode,
    ).toBe(0);
    expect(statSync(bench.configFile).mode & 0o777).toBe(0o600);
    expect(await bench.json(['hosts'])).toMatchObject([{ address: '10.0.0.1', port: 2200, agent: false }]);
    expect(await bench.json(['show', 'web'])).toMatchObject({ tunnel: { parkMs: 5000 } });
  });

  it('keep comments and order, and tell a running engine', async () => {
    const bench = await benchWith().serve();
    expect((await bench.run(['edit', 'set', 'tunnels.db.park=30s', 'hosts.box.port=2223'])).exitCode).toBe(0);
    const text = readFileSync(bench.configFile, 'utf8');
    expect(text.startsWith('# mine\n[hosts.box]')).toBe(true);
    expect(text).toContain('port = 2223');
    expect(text).toContain('park = "30s"');
    expect(bench.engine.inputsOf('reload').length).toBe(1);
    expect((await bench.run(['edit', 'unset', 'tunnels.db.park'])).exitCode).toBe(0);
    expect(readFileSync(bench.configFile, 'utf8')).not.toContain('park');
    expect((await bench.run(['remove', 'tunnel', 'web'])).exitCode).toBe(0);
    expect((await bench.run(['list', '--names'])).stdout).toBe('db\n');
  });

  it.each([
    ['an unknown tunnel', 4, ['remove', 'tunnel', 'nope']],
    ['an unknown tunnel to edit', 4, ['edit', 'set', 'tunnels.nope.park=5s']],
    ['a host in use', 2, ['remove', 'host', 'box']],
    ['a name that is taken', 2, ['add', 'host', 'box', '--address', 'x']],
    ['a wrong value', 2, ['edit', 'set', 'tunnels.db.start=never']],
    ['a wrong key', 2, ['edit', 'set', 'tunnels.db.prak=5s']],
    ['a wrong forward', 2, ['add', 'tunnel', 't', '--host', 'box', '--forward', 'sideways 1']],
    ['a host without address', 2, ['add', 'host', 'b']],
    ['a tunnel without forward', 2, ['add', 'tunnel', 't', '--host', 'box']],
    ['an option of the other kind', 2, ['add', 'host', 'b', '--address', 'x', '--forward', 'dynamic 1']],
    ['half a pair', 2, ['edit', 'set', 'tunnels.db.park']],
    ['neither host nor tunnel', 2, ['add', 'thing', 'x']],
  ])('refuse %s and change nothing', async (_, code, args) => {
    const bench = benchWith();
    expect((await bench.run(args)).exitCode).toBe(code);
    expect(readFileSync(bench.configFile, 'utf8')).toBe(goodConfig);
  });

  it('write nothing through a link or into a file that others may write, and name the real file', async () => {
    const bench = new Bench();
    const folder = `${bench.folder}/shared`;
    const real = `${folder}/mine/real.toml`;
    mkdirSync(`${folder}/mine`, { recursive: true });
    writeFileSync(real, goodConfig, { mode: 0o600 });
    symlinkSync(real, bench.configFile);
    chmodSync(folder, 0o777);
    const ran = await bench.run(['edit', 'set', 'tunnels.db.park=30s']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(real);
    expect(readFileSync(real, 'utf8')).toBe(goodConfig);
    chmodSync(folder, 0o755);
    expect((await bench.run(['edit', 'set', 'tunnels.db.park=30s'])).exitCode).toBe(0);
    expect(readFileSync(real, 'utf8')).toContain('park = "30s"');
    expect(lstatSync(bench.configFile).isSymbolicLink()).toBe(true);
    const loose = benchWith();
    chmodSync(loose.configFile, 0o666);
    expect((await loose.run(['edit', 'set', 'tunnels.db.park=30s'])).exitCode).toBe(2);
    expect(readFileSync(loose.configFile, 'utf8')).toBe(goodConfig);
  });

  it('edit opens the editor on a copy; a bad text is kept aside and the file stays', async () => {
    const bench = benchWith();
    const editor = `${bench.folder}/my editor`;
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/$1/$2/" "$3"\n', { mode: 0o700 });
    const env = { EDITOR: `'${editor}' manual login` };
    expect((await bench.run(['edit'], { env })).exitCode).toBe(0);
    const changed = goodConfig.replace('manual', 'login');
    expect(readFileSync(bench.configFile, 'utf8')).toBe(changed);
    expect((await bench.run(['edit'], { env })).stdout).toBe('Nothing was changed.\n');
    const bad = await bench.run(['edit'], { env: { VISUAL: `'${editor}' login never`, EDITOR: 'false' } });
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toContain('tunnels.web.start');
    const kept = /kept in (\S+)\./.exec(bad.stderr)?.[1] ?? '';
    expect(readFileSync(kept, 'utf8')).toContain('"never"');
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(readFileSync(bench.configFile, 'utf8')).toBe(changed);
    expect((await bench.run(['edit'], { env: { EDITOR: 'false' } })).exitCode).toBe(2);
    const { rmSync } = await import('node:fs');
    rmSync(dirname(kept), { recursive: true });
  });
});

describe('secret', () => {
  it('goes to the engine that runs, from standard input or asked on a terminal', async () => {
    const bench = await benchWith().serve();
    const set = await bench.run(['secret', 'set', 'box', 'password'], { input: 'hunter2\n' });
    expect(set).toMatchObject({ exitCode: 0, stdout: 'The password of box is kept.\n', stderr: '' });
    const asked = bench.start(['secret', 'set', 'box', 'passphrase'], { tty: true, input: null });
    await asked.sees(/box: $/);
    asked.type('geheim\r');
    expect(await asked.ended).toBe(0);
    expect(asked.stderr).not.toContain('geheim');
    expect(bench.engine.inputsOf('secret.set')).toEqual([
      { host: 'box', kind: 'password', value: 'hunter2' },
      { host: 'box', kind: 'passphrase', value: 'geheim' },
    ]);
    expect(await bench.json(['secret', 'list'])).toEqual([{ host: 'box', kind: 'password' }]);
    expect((await bench.run(['secret', 'remove', 'box', 'password'])).exitCode).toBe(0);
    expect((await bench.run(['secret', 'remove', 'box', 'passphrase'])).exitCode).toBe(1);
    expect((await bench.run(['vault', 'unlock'], { input: 'pass\n' })).exitCode).toBe(0);
    expect((await bench.run(['vault', 'lock'])).exitCode).toBe(0);
    expect((await bench.run(['secret', 'lock'])).exitCode).toBe(0);
    expect((await bench.run(['secret', 'lock', 'box'])).exitCode).toBe(2);
    expect(bench.engine.inputsOf('secret.lock')).toEqual([{}]);
    expect(bench.engine.inputsOf('vault.unlock')).toEqual([{ passphrase: 'pass', create: false }]);
  });

  it('gives 1 when saving is refused, 4 for an unknown host, 2 for usage', async () => {
    const bench = await benchWith().serve();
    bench.engine.secretProblem = new HoldfastError({
      code: 'secret-store',
      where: 'keychain',
      message: 'There is no keychain.',
      next: 'Make a vault.',
    });
    expect((await bench.run(['secret', 'set', 'box', 'password'], { input: 'x\n' })).exitCode).toBe(1);
    expect((await bench.run(['secret', 'set', 'nope', 'password'], { input: 'x\n' })).exitCode).toBe(4);
    expect((await bench.run(['secret', 'set', 'box', 'password'])).exitCode).toBe(2);
    expect((await bench.run(['secret', 'set', 'box', 'colour'], { input: 'x\n' })).exitCode).toBe(2);
    const wrong = await bench.run(['secret', 'set', 'box', 'password', 'hunter2']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).not.toContain('hunter2');
    expect((await bench.run(['secret', 'frob'])).exitCode).toBe(2);
    expect((await bench.run(['vault'])).exitCode).toBe(2);
  });

  it('without an engine uses the store itself, and refuses one that ends with the command', async () => {
    const bench = benchWith(`${goodConfig}\n[settings]\nsecret-store = "memory"\n`);
    const ran = await bench.run(['secret', 'set', 'box', 'password'], { input: 'hunter2\n' });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('no engine runs');
    expect((await bench.run(['secret', 'set', 'nope', 'password'], { input: 'x\n' })).exitCode).toBe(4);
    expect(await bench.json(['secret', 'list'])).toEqual([]);
    expect((await bench.run(['vault', 'unlock'], { input: 'x\n' })).exitCode).toBe(3);
    expect((await bench.run(['vault', 'create'], { input: 'a good passphrase\n' })).exitCode).toBe(0);
    expect((await bench.run(['vault', 'create'], { input: 'a good passphrase\n' })).exitCode).toBe(1);
  });

  it('vault create asks twice on a terminal', async () => {
    const bench = await benchWith().serve();
    const running = bench.start(['vault', 'create'], { tty: true, input: null });
    await running.sees(/vault: $/);
    running.type('one\rtwo\r');
    expect(await running.ended).toBe(2);
    expect(bench.engine.inputsOf('vault.unlock')).toEqual([]);
  });
});

describe('known-hosts', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ';

  it('lists, finds and removes, by the name in the file or of the configuration', async () => {
    const bench = benchWith(goodConfig.replace('port = 2222', 'port = 2222\nknown-hosts = ["kh", "other"]'));
    const [first, other] = [`${bench.folder}/kh`, `${bench.folder}/other`];
    writeFileSync(first, `# mine\n[box.example.org]:2222 ${key}\nelse.example.org ${key}\n`, { mode: 0o600 });
    writeFileSync(other, `[box.example.org]:2222 ${key}\n`, { mode: 0o600 });
    expect(((await bench.json(['known-hosts', 'list'])) as unknown[]).length).toBe(3);
    expect((await bench.run(['known-hosts', 'find', 'else.example.org'])).stdout).toContain('SHA256:');
    expect((await bench.run(['known-hosts', 'find', 'nope'])).exitCode).toBe(4);
    const ran = await bench.run(['known-hosts', 'remove', 'box']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'Removed 1 entry of [box.example.org]:2222.\n' });
    expect(ran.stderr).toContain(other);
    expect(readFileSync(first, 'utf8')).toBe(`# mine\nelse.example.org ${key}\n`);
    expect(readFileSync(other, 'utf8')).toContain('box.example.org');
    expect((await bench.run(['known-hosts'])).exitCode).toBe(2);
    expect((await bench.run(['known-hosts', 'remove'])).exitCode).toBe(2);
  });
});

describe('cleanup', () => {
  it('removes what nobody uses, and nothing else', async () => {
    const bench = benchWith();
    const env = { HOLDFAST_SOCKET: undefined, XDG_RUNTIME_DIR: bench.folder };
    const { resolveProfile } = await import('../../../src/main/engine/config/paths.ts');
    const profile = resolveProfile(null, { ...bench.env, ...env });
    const run = dirname(profile.socketPath);
    mkdirSync(run, { mode: 0o700 });
    mkdirSync(profile.logFolder, { recursive: true, mode: 0o700 });
    const live = createServer((socket) => socket.resume().end());
    await new Promise<void>((resolve) => live.listen(`${run}/live.sock`, resolve));
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(`${run}/dead`, resolve));
    const { renameSync } = await import('node:fs');
    renameSync(`${run}/dead`, `${run}/dead.sock`);
    await new Promise((resolve) => dead.close(resolve));
    writeFileSync(`${run}/notes.sock`, 'not a socket');
    writeFileSync(
      profile.lockFile,
      JSON.stringify({ pid: 2 ** 30, start: null, notedAtMs: 0, configFile: 'c', socketPath: 's', token: 't' }),
    );
    mkdirSync(`${run}/.hf-abcdef`, { mode: 0o700 });
    const [kept, gone, rotated] = [logFileName('db'), logFileName('gone'), `${logFileName('gone')}.1`];
    for (const name of [kept, gone, rotated, 'engine.log', 'mine.txt'])
      writeFileSync(`${profile.logFolder}/${name}`, '');
    const history = `${profile.stateFolder}/history`;
    mkdirSync(history, { mode: 0o700 });
    const histories = ['db', 'gone'].map((name) => `${history}/${logFileName(name).replace(/\.log$/, '.jsonl')}`);
    for (const path of histories) writeFileSync(path, '');
    const dry = (await bench.json(['cleanup', '--dry-run'], { env })) as { removed: string[]; found: string[] };
    expect(dry.removed).toEqual([]);
    expect(existsSync(`${run}/dead.sock`)).toBe(true);
    const ran = await bench.run(['cleanup'], { env });
    expect(ran.exitCode).toBe(0);
    const expected = [
      `${run}/dead.sock`,
      `${run}/.hf-abcdef`,
      profile.lockFile,
      `${profile.logFolder}/${gone}`,
      `${profile.logFolder}/${rotated}`,
      histories[1] ?? '',
    ];
    expect(ran.stdout.trim().split('\n').toSorted()).toEqual(expected.map((path) => `Removed ${path}`).toSorted());
    for (const path of expected) expect(existsSync(path), path).toBe(false);
    for (const path of [
      histories[0] ?? '',
      `${run}/live.sock`,
      `${run}/notes.sock`,
      `${profile.logFolder}/${kept}`,
      `${profile.logFolder}/mine.txt`,
    ])
      expect(existsSync(path), path).toBe(true);
    expect((await bench.run(['cleanup'], { env })).stdout).toBe('Nothing to clean up.\n');
    // Without a good configuration nobody knows which tunnels are gone.
    writeFileSync(`${profile.logFolder}/${gone}`, '');
    bench.configure('nonsense [');
    expect((await bench.run(['cleanup'], { env })).stdout).toBe('Nothing to clean up.\n');
    await new Promise((resolve) => live.close(resolve));
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench, goodConfig } from './run-command.ts';

const aliases = `Host web
  HostName web.example.org
  User me
  LocalForward 8080 localhost:80
Host plain *.pattern
  Port 2222
`;

function benchWithSshConfig(text = aliases): { bench: Bench; file: string } {
  const bench = new Bench();
  const file = `${bench.folder}/ssh_config`;
  writeFileSync(file, text, { mode: 0o600 });
  return { bench, file };
}

describe('import ssh-config', () => {
  it('--dry-run shows what would be added and writes nothing', async () => {
    const { bench, file } = benchWithSshConfig();
    const ran = await bench.run(['import', 'ssh-config', '--file', file, '--dry-run']);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toContain('[hosts.web]\naddress = "web.example.org"\nuser = "me"\n');
    expect(ran.stdout).toContain('[hosts.plain]\naddress = "plain"\nport = 2222\n');
    expect(ran.stdout).toContain('start = "manual"');
    expect(existsSync(bench.configFile)).toBe(false);
  });

  it('--yes adds all aliases, or those that are named', async () => {
    const { bench, file } = benchWithSshConfig();
    const one = await bench.run(['import', 'ssh-config', 'plain', '--file', file, '--yes']);
    expect(one).toMatchObject({ exitCode: 0, stdout: 'Added host plain.\n', stderr: '' });
    const all = await bench.run(['import', 'ssh-config', '--file', file, '--yes']);
    expect(all).toMatchObject({ exitCode: 0, stdout: 'Added host web.\nAdded tunnel web.\n' });
    expect(all.stderr).toMatch(/plain.*already/);
    expect(await bench.json(['list'])).toMatchObject([{ name: 'web', host: 'web', start: 'manual' }]);
    expect(await bench.json(['import', 'ssh-config', '--file', file, '--yes'])).toMatchObject({
      edits: [],
      saved: false,
    });
    expect(readFileSync(file, 'utf8')).toBe(aliases);
  });

  it('asks on a terminal, and needs --yes without one', async () => {
    const { bench, file } = benchWithSshConfig();
    expect((await bench.run(['import', 'ssh-config', '--file', file])).exitCode).toBe(2);
    const running = bench.start(['import', 'ssh-config', '--file', file], { tty: true, input: null });
    await running.sees(/yes or no/);
    running.type('no\r');
    expect(await running.ended).toBe(2);
    expect(existsSync(bench.configFile)).toBe(false);
    const again = bench.start(['import', 'ssh-config', '--file', file], { tty: true, input: null });
    await again.sees(/yes or no/);
    again.type('yes\r');
    expect(await again.ended).toBe(0);
    expect(readFileSync(bench.configFile, 'utf8')).toContain('[tunnels.web]');
  });

  it('runs no command of Match exec without a yes', async () => {
    const { bench, file } = benchWithSshConfig('');
    writeFileSync(file, `Match exec "touch ${bench.folder}/ran"\n  User me\n${aliases}`);
    const refused = await bench.run(['import', 'ssh-config', '--file', file, '--dry-run']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('Match exec');
    expect(existsSync(`${bench.folder}/ran`)).toBe(false);
    expect((await bench.run(['import', 'ssh-config', '--file', file, '--dry-run', '--yes'])).exitCode).toBe(0);
    expect(existsSync(`${bench.folder}/ran`)).toBe(true);
    expect(existsSync(bench.configFile)).toBe(false);
  });

  it('says what is wrong', async () => {
    const { bench, file } = benchWithSshConfig('# nothing\n');
    expect((await bench.run(['import'])).exitCode).toBe(2);
    expect((await bench.run(['import', 'putty'])).exitCode).toBe(2);
    for (const path of [`${bench.folder}/no-such-file`, bench.folder])
      for (const aliases of [[], ['web']])
        expect(await bench.run(['import', 'ssh-config', ...aliases, '--file', path, '--yes'])).toMatchObject({
          exitCode: 4,
          stderr: expect.stringContaining(`${path} is not there, or cannot be read.`),
        });
    expect((await bench.run(['import', 'ssh-config', '--file', file])).exitCode).toBe(4);
  });
});

describe('add command', () => {
  it('adds the tunnel of an ssh command, and says what it left out', async () => {
    const bench = new Bench();
    const ran = await bench.run([
      'add',
      'command',
      'ssh -A -N -L 5432:db:5432 -J edge.example.org me@bastion.example.org',
    ]);
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: 'Added host edge.\nAdded host bastion.\nAdded tunnel bastion.\n',
    });
    expect(ran.stderr).toContain('-A is left out');
    expect(await bench.json(['list'])).toMatchObject([{ name: 'bastion', forwards: ['local 5432 -> db:5432'] }]);
  });

  describe('where to connect runs a command', () => {
    const proxy = `${'x'.repeat(200)}; touch /tmp/end`;
    const line = `ssh -o 'ProxyCommand=${proxy}' -L 1:a:1 box`;

    it('saves nothing without a yes, and shows all of it', async () => {
      const bench = new Bench();
      const ran = await bench.run(['add', 'command', line]);
      expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
      expect(ran.stderr).toContain(`${'x'.repeat(200)}; touch /tmp/end`);
      expect((await bench.run(['add', 'command', line, '--json'])).exitCode).toBe(2);
      expect(existsSync(bench.configFile)).toBe(false);
    });

    it('asks on a terminal', async () => {
      const bench = new Bench();
      for (const [answer, exitCode] of [
        ['no\r', 2],
        ['yes\r', 0],
      ] as const) {
        const running = bench.start(['add', 'command', line], { tty: true, input: null });
        await running.sees(/this machine will run:\r?\n {2}x{200}; touch \/tmp\/end\r?\n.*yes or no/s);
        running.type(answer);
        expect(await running.ended).toBe(exitCode);
        expect(existsSync(bench.configFile)).toBe(exitCode === 0);
      }
    });

    it('takes --yes, and leaves the tunnel to be switched on', async () => {
      const bench = new Bench();
      expect((await bench.run(['add', 'command', line, '--yes'])).exitCode).toBe(0);
      expect(await bench.json(['list'])).toMatchObject([{ name: 'box', start: 'manual' }]);
      // Over the host that is there, too.
      const again = await bench.run(['add', 'command', line.replace('1:a:1', '2:a:2'), '--yes']);
      expect(again).toMatchObject({ exitCode: 0, stdout: 'Added tunnel box-2.\n' });
      expect(await bench.json(['list'])).toMatchObject([{ start: 'manual' }, { name: 'box-2', start: 'manual' }]);
      expect((await bench.run(['add', 'host', 'x', '--address', 'x', '--yes'])).exitCode).toBe(2);
    });

    it('shows it at an import too', async () => {
      const { bench, file } = benchWithSshConfig(`Host web\n  ProxyCommand ${'y'.repeat(200)} end\n`);
      const running = bench.start(['import', 'ssh-config', '--file', file], { tty: true, input: null });
      await running.sees(/this machine will run:\r?\n {2}y{200} end\r?\n.*yes or no/s);
      running.type('no\r');
      expect(await running.ended).toBe(2);
    });
  });

  it('asks nothing where no command of the text would run', async () => {
    const bench = new Bench();
    const ran = await bench.run([
      'add',
      'command',
      'ssh -o PermitLocalCommand=yes -o LocalCommand="touch /tmp/x" -o KnownHostsCommand=/bin/x -L 1:a:1 box',
    ]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'Added host box.\nAdded tunnel box.\n' });
    expect(ran.stderr).toContain('LocalCommand touch /tmp/x is left out: Holdfast runs no such command');
    expect(ran.stderr).toContain('KnownHostsCommand /bin/x is left out');
    expect(readFileSync(bench.configFile, 'utf8')).not.toMatch(/touch|bin/);
  });

  it('refuses what is no tunnel, and a command without quotes', async () => {
    const bench = new Bench();
    for (const words of [['ls'], ['ssh box'], ['ssh', 'box'], []])
      expect((await bench.run(['add', 'command', ...words])).exitCode).toBe(2);
    expect(existsSync(bench.configFile)).toBe(false);
  });
});

describe('show --as-ssh', () => {
  it('prints a command that add command reads back', async () => {
    const bench = new Bench();
    bench.configure(goodConfig);
    const shown = await bench.run(['show', 'db', '--as-ssh']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^ssh -N -L 127\.0\.0\.1:5432:\S+ .*me@box\.example\.org\n$/);
    expect(await bench.json(['show', 'db', '--as-ssh'])).toEqual({ command: shown.stdout.trim() });
    const again = await bench.run(['add', 'command', shown.stdout]);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('left out') });
    expect((await bench.run(['show', 'nothing', '--as-ssh'])).exitCode).toBe(4);
  });
});

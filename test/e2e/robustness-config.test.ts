import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Holdfast, Ran } from '../support/holdfast.ts';
import { freePort, needProgram, run } from '../support/processes.ts';
import { itAsRoot } from '../support/root.ts';
import { until } from '../support/until.ts';
import {
  allRun,
  EchoClient,
  echo,
  endSceneAfterEach,
  holdfast,
  hostTable,
  listenOf,
  runs,
  sshd,
  trust,
  trusting,
  tunnelTable,
} from './scene.ts';

/** Whatever lies in the configuration's place: tunnels that run keep running, and it is said what is wrong. */

endSceneAfterEach();

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));

/** What can be in the place of a configuration, and what is said of it. `make` finds nothing there. */
const faults: readonly {
  what: string;
  said: RegExp;
  make(file: string, good: string): void;
  heal?(file: string): void;
}[] = [
  { what: 'no TOML', said: /config\.toml:1: /, make: (file) => write(file, 'this is not toml [') },
  {
    what: 'an unknown key',
    said: /hosts\.box\.prot.*port/,
    make: (file, good) => write(file, good.replace('port =', 'prot =')),
  },
  { what: '2 MiB', said: /larger than 1 MiB/, make: (file) => write(file, '# long\n'.repeat(300_000)) },
  { what: '50 MiB', said: /larger than 1 MiB/, make: (file) => write(file, Buffer.alloc(50 * 1024 * 1024, 'a')) },
  { what: 'binary', said: /not UTF-8|NUL|UTF-16/, make: (file) => write(file, randomBytes(4096)) },
  { what: 'a NUL', said: /:2: .*NUL/, make: (file, good) => write(file, `# one\n# \0\n${good}`) },
  { what: 'UTF-16', said: /UTF-16/, make: (file, good) => write(file, Buffer.from(`\uFEFF${good}`, 'utf16le')) },
  { what: 'a dangling link', said: /link/, make: (file) => symlinkSync(`${file}-nowhere`, file) },
  { what: 'a link to itself', said: /link/, make: (file) => symlinkSync(file, file) },
  { what: 'a folder', said: /folder/, make: (file) => mkdirSync(file) },
  { what: 'a FIFO', said: /not a regular file/, make: (file) => void run('mkfifo', ['-m', '600', file]) },
  { what: 'nothing', said: /no such file|no configuration/, make: () => {} },
  {
    what: 'writable by its group',
    said: /written by its group.*chmod go-w/,
    make: (file, good) => {
      write(file, good);
      chmodSync(file, 0o660);
    },
  },
  {
    what: 'writable by everybody',
    said: /written by everybody.*chmod go-w/,
    make: (file, good) => {
      write(file, good);
      chmodSync(file, 0o606);
    },
  },
  {
    what: 'in a folder that others may write',
    said: /folder .*written by everybody.*chmod go-w/,
    make: (file, good) => {
      write(file, good);
      chmodSync(dirname(file), 0o777);
    },
    heal: (file) => chmodSync(dirname(file), 0o700),
  },
];

function write(file: string, content: string | Buffer): void {
  writeFileSync(file, content, { mode: 0o600 });
}

/** As most editors save. */
function replace(file: string, content: string): void {
  write(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** What `status` says of the configuration until it is what is expected. */
function saysOfConfig(hf: Holdfast, expected: RegExp, what: string): Promise<Ran> {
  let ran: Ran | null = null;
  return until(
    async () => {
      ran = await hf.run(['status']);
      return ran.code === 0 && expected.test(ran.stderr) ? ran : null;
    },
    { what: `status to say ${expected} (${what})`, timeoutMs: 15_000, seen: () => ran },
  );
}

describe('a configuration that cannot be used', () => {
  it('while the engine runs: the last good one keeps running, its clients stay, and status says what is wrong', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    const good = readFileSync(hf.configFile, 'utf8');
    await hf.serve();
    await allRun(hf);
    const client = await EchoClient.open(await listenOf(hf, 'db'));
    for (const fault of faults) {
      rmSync(hf.configFile, { force: true });
      fault.make(hf.configFile, good);
      await saysOfConfig(hf, fault.said, fault.what);
      await client.exchange(`${fault.what}\n`);
      fault.heal?.(hf.configFile);
      rmSync(hf.configFile, { recursive: true, force: true });
      replace(hf.configFile, good);
      await saysOfConfig(hf, /^$/, `good again after ${fault.what}`);
    }
    await client.exchange('and at the end\n');
    expect(await hf.status('db')).toMatchObject([{ state: 'running', reconnects: 0 }]);
    expect(server.sessions()).toHaveLength(1);
    const memory = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${hf.pid}/status`, 'utf8'));
    expect(Number(memory?.[1])).toBeLessThan(300_000);
    const log = await hf.run(['logs', '--json', '-n', '500']);
    expect(log.stdout).toContain('the last good one keeps running');
  });

  it('at the first start: serve and check end with 2, say why, and hang on nothing', async () => {
    const hf = await holdfast('[hosts.box]\naddress = "127.0.0.1"\nport = 22\n');
    const good = readFileSync(hf.configFile, 'utf8');
    const device = {
      what: 'a device',
      said: /not a regular file/,
      make: (file: string) => symlinkSync('/dev/zero', file),
    };
    for (const fault of [...faults, device]) {
      rmSync(hf.configFile, { force: true });
      fault.make(hf.configFile, good);
      const [served, checked] = await Promise.all([hf.run(['serve']), hf.run(['check', hf.configFile])]);
      for (const ran of [served, checked]) {
        expect(ran.code, fault.what).toBe(2);
        expect(ran.stdout + ran.stderr, fault.what).toMatch(fault.said);
        expect(ran.stderr, fault.what).not.toMatch(/\n\s+at /);
      }
      if ('heal' in fault) fault.heal?.(hf.configFile);
      rmSync(hf.configFile, { recursive: true, force: true });
    }
  });

  it('at a later start: the last good one runs, and status and the log say what is wrong', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    const good = readFileSync(hf.configFile, 'utf8');
    await hf.serve();
    await allRun(hf);
    await hf.end('SIGKILL');
    const broken = `${good}\n[tunnels.new]\nhots = "box"\n`;
    write(hf.configFile, broken);
    await hf.serve();
    await allRun(hf, ['db']);
    await saysOfConfig(hf, /tunnels\.new\.hots.*host/, 'a broken file at the start');
    expect((await hf.run(['logs', '--json'])).stdout).toContain('the last good one runs');
    expect(readFileSync(hf.configFile, 'utf8')).toBe(broken);
    replace(hf.configFile, `${good}${tunnelTable('new', 'box', 'login', 'dynamic 127.0.0.1:0')}`);
    await until(async () => (await hf.status()).filter(runs).length === 2, { what: 'the new tunnel to run' });
    expect((await hf.status('db'))[0]?.reconnects).toBe(0);
  });

  // Root may read everything, so this takes another user, and becoming one takes root.
  itAsRoot('that may not be read is named as such', async () => {
    const hf = await holdfast('');
    const folder = join(hf.home, 'theirs');
    const file = join(folder, 'config.toml');
    mkdirSync(folder, { mode: 0o700 });
    write(file, '[hosts.box]\naddress = "127.0.0.1"\n');
    chmodSync(file, 0);
    chmodSync(hf.home, 0o755);
    for (const path of [folder, file]) chownSync(path, 65_534, 65_534);
    const setpriv = [needProgram('setpriv', 'util-linux'), '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const line = [...setpriv, process.execPath, command, 'check', file].map((word) => `'${word}'`).join(' ');
    const said = run('/bin/sh', ['-c', `${line} 2>&1; echo "code $?"`], { env: { ...hf.env, HOME: folder } });
    expect(said).toContain('code 2');
    expect(said).toMatch(/may not be read/);
  });
});

describe('a link in its place', () => {
  it('is read and followed; an edit writes the real file, or is refused and names it where others could have placed it', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    const shared = join(hf.home, 'shared');
    const real = join(shared, 'mine', 'dotfiles.toml');
    mkdirSync(join(shared, 'mine'), { recursive: true });
    renameSync(hf.configFile, real);
    symlinkSync(real, hf.configFile);
    chmodSync(shared, 0o777);
    const before = readFileSync(real, 'utf8');
    await hf.serve();
    await allRun(hf);
    for (const args of [
      ['edit', 'set', 'tunnels.db.park=1s'],
      ['remove', 'tunnel', 'db'],
      ['add', 'tunnel', 'two', '--host', 'box', '--forward', 'dynamic 127.0.0.1:0'],
    ]) {
      const ran = await hf.run(args);
      expect(ran.code, args.join(' ')).toBe(2);
      expect(ran.stderr, args.join(' ')).toContain(real);
      expect(readFileSync(real, 'utf8')).toBe(before);
      expect(readlinkSync(hf.configFile)).toBe(real);
    }
    // A change of the real file, far from the link's folder, is seen. known-hosts is relative to the link's folder and stays right.
    replace(real, `${before}${tunnelTable('two', 'box', 'login', 'dynamic 127.0.0.1:0')}`);
    await until(async () => (await hf.status()).filter(runs).length === 2, { what: 'the second tunnel to run' });
    expect(lstatSync(hf.configFile).isSymbolicLink()).toBe(true);
    chmodSync(shared, 0o755);
    expect(await hf.run(['edit', 'set', 'tunnels.two.park=1s'])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(real, 'utf8')).toContain('park = "1s"');
    expect(readlinkSync(hf.configFile)).toBe(real);
    expect(readdirSync(join(shared, 'mine'))).toEqual(['dotfiles.toml']);
    await allRun(hf);
  });
});

describe('an edit while tunnels run', () => {
  it('touches only what it changes: clients of the rest stay connected, over the same login', async () => {
    const [server, second, target] = [await sshd(), await sshd(), await echo()];
    const to = `127.0.0.1:${target.port}`;
    const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()));
    const local = (index: number, extra = ''): string => `local 127.0.0.1:${ports[index] ?? 0}${extra} -> ${to}`;
    const hosts = hostTable('box', server) + hostTable('far', second);
    const [db, other] = [
      tunnelTable('db', 'box', 'login', local(0), local(1)),
      tunnelTable('other', 'far', 'login', local(2)),
    ];
    const hf = await holdfast(hosts + db + other);
    trust(hf, server, second);
    await hf.serve();
    await allRun(hf);
    const [first, changing, elsewhere] = await Promise.all(
      [0, 1, 2].map((index) => EchoClient.open(`127.0.0.1:${ports[index]}`)),
    );
    const logins = [server.sessions(), second.sessions()];
    const untouched = async (...clients: (EchoClient | undefined)[]): Promise<void> => {
      for (const client of clients) await client?.exchange(`still ${Math.random()}\n`);
      expect(server.sessions()).toEqual(logins[0]);
      for (const row of await hf.status()) expect(row).toMatchObject({ reconnects: 0, cause: null });
    };

    // Comments, order, byte order mark and line ends mean nothing; the log's level is nobody's link.
    const events = (await hf.run(['events', '--json'])).stdout;
    replace(
      hf.configFile,
      `\uFEFF# mine\n${hosts}${other}${db}\n# end\n[settings]\nlog-level = "debug"\n`.replaceAll('\n', '\r\n'),
    );
    await until(
      async () =>
        (await hf.run(['logs', '--json', '-n', '5000'])).stdout.split('The configuration was read').length > 1,
      {
        what: 'the edit to be read',
      },
    );
    await untouched(first, changing, elsewhere);
    expect((await hf.run(['events', '--json'])).stdout).toBe(events);
    expect(second.sessions()).toEqual(logins[1]);

    // One forward changes alone.
    replace(hf.configFile, hosts + tunnelTable('db', 'box', 'login', local(0), local(3)) + other);
    await changing?.closed();
    await until(() => EchoClient.open(`127.0.0.1:${ports[3]}`), { what: 'the changed forward to carry' });
    await expect(EchoClient.open(`127.0.0.1:${ports[1]}`)).rejects.toThrow(/ECONNREFUSED/);
    await untouched(first, elsewhere);

    // A tunnel that is gone stops.
    replace(hf.configFile, hosts + tunnelTable('db', 'box', 'login', local(0), local(3)));
    await elsewhere?.closed();
    await until(async () => (await hf.status()).length === 1, { what: 'the tunnel to be gone' });
    await expect(EchoClient.open(`127.0.0.1:${ports[2]}`)).rejects.toThrow(/ECONNREFUSED/);
    await untouched(first);

    // Fifty quick replacements, by rename and in place: the last one counts.
    for (let round = 0; round < 50; round += 1) {
      const text =
        hosts +
        tunnelTable('db', 'box', 'login', local(0), local(3)) +
        tunnelTable(`t${round}`, 'box', 'manual', local(1));
      if (round % 2 === 0) replace(hf.configFile, text);
      else write(hf.configFile, text);
      if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(async () => (await hf.status()).map((row) => row.name).join() === 'db,t49', {
      what: 'the last edit to count',
    });
    await untouched(first);

    // Our own edit keeps comments and order.
    const commented = `# keep me\n${readFileSync(hf.configFile, 'utf8')}# and me\n`;
    replace(hf.configFile, commented);
    expect((await hf.run(['edit', 'set', 'tunnels.t49.park=7s'])).code).toBe(0);
    const edited = readFileSync(hf.configFile, 'utf8');
    expect(
      edited
        .split('\n')
        .filter((text) => !/^park = "7s"$/.test(text))
        .join('\n'),
    ).toBe(commented);
    await untouched(first);
  });
});

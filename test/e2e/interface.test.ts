import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Holdfast } from '../support/holdfast.ts';
import { sendAndRead, startEcho } from '../support/lines-server.ts';
import { freePort } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';

/** What scripts rely on: configuration keys, commands, JSON and exit codes, through the built command against a real sshd. */

const open: { dispose(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.dispose();
});

async function sshd(options: Parameters<typeof startSshd>[0] = {}): Promise<TestSshd> {
  const server = await startSshd(options);
  open.push({ dispose: () => server.stop() });
  return server;
}

async function echo(): Promise<{ port: number }> {
  const server = await startEcho();
  open.push({ dispose: () => server.stop() });
  return server;
}

async function holdfast(config: string): Promise<Holdfast> {
  const made = await Holdfast.make(config);
  open.push(made);
  return made;
}

function hostTable(name: string, server: TestSshd, extra = ''): string {
  return `[hosts.${name}]
address = "127.0.0.1"
port = ${server.port}
user = "${server.user}"
identity = ["${server.clientKey}"]
agent = false
known-hosts = ["known_hosts"]
${extra}
`;
}

/** A profile whose known_hosts (beside the configuration) already trusts the server. */
async function trusting(server: TestSshd, tunnels: string, extra = ''): Promise<Holdfast> {
  const made = await holdfast(hostTable('box', server, extra) + tunnels);
  writeFileSync(join(made.home, 'config', 'known_hosts'), `${server.knownHostsLine()}\n`, { mode: 0o600 });
  return made;
}

describe('serve, up, status and down', () => {
  it('brings bytes through a real sshd, heals after a cut, and goes down', async () => {
    const [server, target] = [await sshd(), await echo()];
    const port = await freePort();
    const spec = `local 127.0.0.1:${port} -> 127.0.0.1:${target.port}`;
    const hf = await trusting(server, `[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["${spec}"]\n`);
    await hf.serve();
    expect(hf.output.split('\n')[0]).toMatch(/ready/i);

    expect((await hf.status())[0]).toEqual({
      name: 'db',
      state: 'stopped',
      degraded: false,
      cause: null,
      attempt: 0,
      nextTryMs: null,
      reconnects: 0,
      forwards: [{ spec, state: 'off', listen: null }],
    });

    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(0);
    expect((await hf.status('db'))[0]).toEqual({
      name: 'db',
      state: 'running',
      degraded: false,
      cause: null,
      attempt: 0,
      nextTryMs: null,
      reconnects: 0,
      forwards: [{ spec, state: 'up', listen: `127.0.0.1:${port}` }],
    });
    expect(await sendAndRead(`127.0.0.1:${port}`, 'hello')).toBe('hello');

    server.killSessions();
    const healed = await hf.reach('db', (row) => row.state === 'running' && row.reconnects === 1, 'it has healed once');
    expect(healed.attempt).toBe(0);
    expect(await sendAndRead(`127.0.0.1:${port}`, 'again')).toBe('again');

    expect((await hf.run(['down', 'db'])).code).toBe(0);
    expect((await hf.status('db'))[0]).toMatchObject({ state: 'stopped', forwards: [{ state: 'off', listen: null }] });
    await expect(sendAndRead(`127.0.0.1:${port}`, 'x')).rejects.toThrow(/ECONNREFUSED/);

    const ended = await hf.end('SIGTERM');
    expect(ended.code).toBe(0);
    expect(ended.tookMs).toBeLessThan(5000);
    expect((await hf.run(['status'])).code).toBe(3);
  });

  it('shows RETRYING with cause, attempt and time while the server is away, and restart skips the wait', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      '[tunnels.db]\nhost = "box"\nstart = "login"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]\n',
    );
    await server.kill('SIGTERM');
    await hf.serve();
    const row = await hf.reach('db', (now) => now.state === 'retrying' && now.attempt >= 2, 'two tries failed');
    expect(row.cause).toMatchObject({
      code: 'refused',
      where: expect.stringContaining('box'),
      message: expect.any(String),
      next: expect.any(String),
    });
    expect(row.nextTryMs).toBeGreaterThanOrEqual(0);
    await server.restart();
    expect((await hf.run(['restart', 'db'])).code).toBe(0);
    await hf.reach('db', (now) => now.state === 'running', 'it runs');
  });

  it('starts again what a person had up when the engine last ended, and what is configured for login', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      `[tunnels.asked]\nhost = "box"\nstart = "manual"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]
[tunnels.atlogin]\nhost = "box"\nstart = "login"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]
[tunnels.never]\nhost = "box"\nstart = "manual"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]
[tunnels.later]\nhost = "box"\nstart = "demand"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]\n`,
    );
    await hf.serve();
    await hf.run(['up', 'asked', '--wait']);
    await hf.end('SIGKILL');
    await hf.serve();
    await hf.reach('asked', (row) => row.state === 'running', 'it runs again');
    await hf.reach('atlogin', (row) => row.state === 'running', 'it runs');
    expect((await hf.status('never'))[0]?.state).toBe('stopped');
    expect((await hf.status('later'))[0]).toMatchObject({
      state: 'listening',
      forwards: [{ state: 'listening', listen: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }],
    });
    expect(server.sessions().length).toBe(1);
  });

  it('on demand, connects when the first byte comes', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await trusting(
      server,
      `[tunnels.later]\nhost = "box"\nstart = "demand"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:${target.port}"]\n`,
    );
    await hf.serve();
    expect((await hf.run(['up', 'later', '--wait'])).code).toBe(0);
    const row = await hf.reach('later', (now) => now.state === 'listening', 'it listens');
    expect(server.sessions().length).toBe(0);
    expect(await sendAndRead(row.forwards[0]?.listen ?? '', 'knock')).toBe('knock');
    expect((await hf.status('later'))[0]?.state).toBe('running');
  });
});

describe('names and exit codes', () => {
  it('tells unknown names (4), bad usage (2), and a missing engine (3) apart', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      '[tunnels.db]\nhost = "box"\ngroup = "work"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n',
    );
    for (const args of [
      ['status'],
      ['up', 'db'],
      ['down', 'db'],
      ['restart', 'db'],
      ['prompts'],
      ['answer', '1', 'yes'],
    ]) {
      expect((await hf.run(args)).code, args.join(' ')).toBe(3);
    }
    await hf.serve();
    for (const args of [
      ['status', 'nope'],
      ['up', 'nope'],
      ['down', 'nope'],
      ['restart', 'nope'],
      ['answer', '99', 'yes'],
      ['secret', 'set', 'nope', 'password'],
    ]) {
      expect((await hf.run(args, 'x\n')).code, args.join(' ')).toBe(4);
    }
    for (const args of [
      ['up'],
      ['frobnicate'],
      ['status', '--frobnicate'],
      ['answer'],
      ['secret', 'set', 'box', 'colour'],
    ]) {
      expect((await hf.run(args)).code, args.join(' ')).toBe(2);
    }
    expect((await hf.run(['up', 'work', '--wait'])).code).toBe(0);
    expect((await hf.status('db'))[0]?.state).toBe('running');
    expect((await hf.run(['down', '--all'])).code).toBe(0);
    expect((await hf.status('db'))[0]?.state).toBe('stopped');
  });

  it('refuses a second engine on the same profile by name and pid, and recovers after kill -9', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      '[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n',
    );
    await hf.serve();
    const second = await hf.run(['serve']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(hf.pid));
    expect(second.stderr).toContain(hf.configFile);
    expect((await hf.run(['status'])).code).toBe(0);
    await hf.end('SIGKILL');
    expect((await hf.run(['status'])).code).toBe(3);
    await hf.serve();
    expect((await hf.run(['status'])).code).toBe(0);
  });

  it('check validates without an engine and names file, line, key and the nearest known key', async () => {
    const hf = await holdfast(
      '[hosts.box]\naddress = "127.0.0.1"\nprot = 22\n\n[tunnels.db]\nhost = "bx"\nforwards = ["local 1 -> "]\n',
    );
    const bad = await hf.run(['check', hf.configFile]);
    expect(bad.code).toBe(2);
    const said = bad.stdout + bad.stderr;
    expect(said).toMatch(new RegExp(`${hf.configFile}:3: hosts\\.box\\.prot: .*port`));
    expect(said).toMatch(new RegExp(`${hf.configFile}:6: tunnels\\.db\\.host: .*box`));
    expect(said).toMatch(new RegExp(`${hf.configFile}:7: tunnels\\.db\\.forwards`));
    await hf.configure('[hosts.box]\naddress = "127.0.0.1"\n[tunnels.db]\nhost = "box"\nforwards = ["dynamic 1080"]\n');
    expect((await hf.run(['check', hf.configFile])).code).toBe(0);
    expect((await hf.run(['check'])).code).toBe(0);
    expect((await hf.run(['check', join(hf.home, 'missing.toml')])).code).toBe(2);
  });

  it('keeps the last good configuration running when an edit is broken', async () => {
    const server = await sshd();
    const good = '[tunnels.db]\nhost = "box"\nstart = "login"\nforwards = ["dynamic 127.0.0.1:0"]\n';
    const hf = await trusting(server, good);
    await hf.serve();
    await hf.reach('db', (row) => row.state === 'running', 'it runs');
    await hf.configure('this is not toml [');
    expect((await hf.run(['check'])).code).toBe(2);
    expect((await hf.status('db'))[0]?.state).toBe('running');
    await hf.configure(
      `${hostTable('box', server)}${good}[tunnels.second]\nhost = "box"\nstart = "login"\nforwards = ["dynamic 127.0.0.1:0"]\n`,
    );
    const endMs = performance.now() + 15_000;
    while (!(await hf.status()).some((row) => row.name === 'second' && row.state === 'running'))
      expect(performance.now()).toBeLessThan(endMs);
    expect((await hf.status('db'))[0]).toMatchObject({ state: 'running', reconnects: 0 });
  });
});

describe('prompts and host keys', () => {
  it('asks about an unknown host key; up --wait gives 5 and leaves the prompt open; yes pins and connects', async () => {
    const server = await sshd();
    const hf = await holdfast(
      `${hostTable('box', server)}[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n`,
    );
    await hf.serve();
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(5);
    const [prompt] = await hf.prompts();
    expect(prompt).toMatchObject({
      id: expect.any(String),
      kind: 'host-key',
      tunnel: 'db',
      host: 'box',
      hop: 'box',
      address: `127.0.0.1:${server.port}`,
      message: expect.any(String),
    });
    expect(JSON.stringify(prompt)).toContain(server.fingerprint());
    expect((await hf.status('db'))[0]?.state).toBe('interactive');
    expect((await hf.run(['answer', prompt?.id ?? '', 'perhaps'])).code).toBe(2);
    expect((await hf.run(['answer', prompt?.id ?? '', 'yes'])).code).toBe(0);
    await hf.reach('db', (row) => row.state === 'running', 'it runs');
    expect((await hf.run(['answer', prompt?.id ?? '', 'yes'])).code).toBe(4);
    const known = join(hf.home, 'config', 'known_hosts');
    expect(readFileSync(known, 'utf8')).toContain(server.knownHostsLine());
    expect(statSync(known).mode & 0o777).toBe(0o600);
  });

  it('no makes it DEAD with host-key-refused, cancel with cancelled, and nothing asks again', async () => {
    const server = await sshd();
    const hf = await holdfast(
      `${hostTable('box', server)}[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n`,
    );
    await hf.serve();
    await hf.run(['up', 'db']);
    await hf.run(['answer', (await hf.prompted(() => true)).id, 'no']);
    expect((await hf.reach('db', (row) => row.state === 'dead', 'it gave up')).cause?.code).toBe('host-key-refused');
    expect(await hf.prompts()).toEqual([]);
    await hf.run(['restart', 'db']);
    await hf.run(['answer', (await hf.prompted(() => true)).id, '--cancel']);
    expect((await hf.reach('db', (row) => row.state === 'dead', 'it gave up')).cause?.code).toBe('cancelled');
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(5);
    expect((await hf.run(['down', 'db'])).code).toBe(0);
    expect(await hf.prompts()).toEqual([]);
  });

  it('behind a link of which all is ours yes is written; else the question says that it cannot be kept, yes is refused, once works', async () => {
    const server = await sshd();
    const hf = await holdfast(
      `${hostTable('box', server)}[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n`,
    );
    const shared = join(hf.home, 'shared');
    const real = join(shared, 'dotfiles', 'known_hosts');
    mkdirSync(join(shared, 'dotfiles'), { recursive: true });
    writeFileSync(real, '# mine\n', { mode: 0o600 });
    symlinkSync(real, join(hf.home, 'config', 'known_hosts'));
    chmodSync(shared, 0o777);
    await hf.serve();
    await hf.run(['up', 'db']);
    const question = await hf.prompted(() => true);
    expect(question.message).toContain(`leads to ${real}`);
    expect(question.message).toContain(`chmod go-w ${shared}`);
    await hf.run(['answer', question.id, 'yes']);
    const refused = await hf.reach('db', (row) => row.state === 'dead', 'it is refused');
    expect(refused.cause?.code).toBe('host-key-not-saved');
    expect(refused.cause?.message).toContain(real);
    await hf.run(['up', 'db']);
    await hf.run(['answer', (await hf.prompted(() => true)).id, 'once']);
    await hf.reach('db', (row) => row.state === 'running', 'it runs');
    expect(readFileSync(real, 'utf8')).toBe('# mine\n');
    await hf.run(['down', 'db']);
    await hf.end();
    chmodSync(shared, 0o755);
    await hf.serve();
    await hf.run(['up', 'db']);
    const again = await hf.prompted(() => true);
    expect(again.message).not.toContain('leads to');
    await hf.run(['answer', again.id, 'yes']);
    await hf.reach('db', (row) => row.state === 'running', 'it runs');
    expect(readFileSync(real, 'utf8')).toMatch(/^# mine\n.* ssh-ed25519 /);
    expect(lstatSync(join(hf.home, 'config', 'known_hosts')).isSymbolicLink()).toBe(true);
  });

  it('a changed key is never offered for acceptance', async () => {
    const [server, other] = [await sshd({ freshHostKeys: true }), await sshd({ freshHostKeys: true })];
    const hf = await holdfast(
      `${hostTable('box', server)}[tunnels.db]\nhost = "box"\nstart = "login"\nforwards = ["dynamic 127.0.0.1:0"]\n`,
    );
    const line = `${other.knownHostsLine('ed25519', `[127.0.0.1]:${server.port}`)}\n`;
    writeFileSync(join(hf.home, 'config', 'known_hosts'), line, { mode: 0o600 });
    await hf.serve();
    const row = await hf.reach('db', (now) => now.state === 'dead', 'it gave up');
    expect(row.cause?.code).toBe('host-key-changed');
    expect(row.cause?.message).toContain(server.fingerprint());
    expect(await hf.prompts()).toEqual([]);
    expect(readFileSync(join(hf.home, 'config', 'known_hosts'), 'utf8')).toBe(line);
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(1);
  });
});

describe('ports', () => {
  it('a busy port is named with its holder, and the tunnel retries until it is free', async () => {
    const server = await sshd();
    const squatter = createServer();
    const port = await new Promise<number>((resolve) =>
      squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port)),
    );
    const hf = await trusting(
      server,
      `[tunnels.db]\nhost = "box"\nstart = "login"\nforwards = ["local 127.0.0.1:${port} -> 127.0.0.1:9"]\n`,
    );
    await hf.serve();
    const row = await hf.reach('db', (now) => now.state === 'retrying', 'it waits for the port');
    expect(row.cause?.code).toBe('port-in-use');
    expect(row.cause?.message).toContain(String(process.pid));
    expect(row.forwards[0]?.listen).toBeNull();
    await new Promise((resolve) => squatter.close(resolve));
    await hf.run(['restart', 'db']);
    await hf.reach('db', (now) => now.state === 'running', 'it runs');
  });

  it('two tunnels on one port: the second names the first; the rest stays up', async () => {
    const server = await sshd();
    const port = await freePort();
    const hf = await trusting(
      server,
      `[tunnels.production]\nhost = "box"\nstart = "manual"\nforwards = ["local 127.0.0.1:${port} -> 127.0.0.1:9"]
[tunnels.staging]\nhost = "box"\nstart = "manual"\nforwards = ["local 127.0.0.1:${port} -> 127.0.0.1:9", "dynamic 127.0.0.1:0"]\n`,
    );
    expect((await hf.run(['check'])).code).toBe(0);
    await hf.serve();
    await hf.run(['up', 'production', '--wait']);
    expect((await hf.run(['up', 'staging', '--wait'])).code).toBe(0);
    const row = (await hf.status('staging'))[0];
    expect(row).toMatchObject({
      state: 'running',
      degraded: true,
      cause: { code: 'port-in-use', message: expect.stringContaining('production') },
    });
    expect(row?.forwards.map((forward) => forward.state)).toEqual([expect.stringMatching(/waiting|failed/), 'up']);
    await hf.configure(readFileSync(hf.configFile, 'utf8').replace(', "dynamic 127.0.0.1:0"', ''));
  });

  it('shows the port that was given for port 0, here and on the server', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await trusting(
      server,
      `[tunnels.db]\nhost = "box"\nstart = "login"\nforwards = ["local 127.0.0.1:0 -> 127.0.0.1:${target.port}", "remote 127.0.0.1:0 -> 127.0.0.1:${target.port}"]\n`,
    );
    await hf.serve();
    const row = await hf.reach('db', (now) => now.state === 'running' && !now.degraded, 'both are up');
    for (const forward of row.forwards) {
      expect(forward.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
      expect(await sendAndRead(forward.listen ?? '', 'ping')).toBe('ping');
    }
  });
});

describe('secrets', () => {
  it('refuses to save without a keychain and writes nothing', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      '[tunnels.db]\nhost = "box"\nstart = "manual"\nforwards = ["dynamic 127.0.0.1:0"]\n',
    );
    mkdirSync(join(hf.home, 'state'), { recursive: true });
    const direct = await hf.run(['secret', 'set', 'box', 'password'], 'hunter2-secret\n');
    expect(direct.code).toBe(1);
    await hf.serve();
    const ran = await hf.run(['secret', 'set', 'box', 'password'], 'hunter2-secret\n');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/vault|keychain/i);
    expect((await hf.run(['secret', 'list', '--json'])).stdout).not.toContain('box');
    await hf.end();
    const found = await import('node:child_process').then(
      ({ spawnSync }) => spawnSync('grep', ['-rl', 'hunter2-secret', hf.home], { encoding: 'utf8' }).stdout,
    );
    expect(found).toBe('');
  });
});

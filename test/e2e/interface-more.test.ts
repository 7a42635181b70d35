import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Holdfast } from '../support/holdfast.ts';
import { startKeyring } from '../support/keyring.ts';
import { sendAndRead } from '../support/lines-server.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { until } from '../support/until.ts';
import {
  allRun,
  echo,
  endSceneAfterEach,
  holdfast,
  hostTable,
  own,
  sshd,
  trust,
  trusting,
  tunnelTable,
} from './scene.ts';

/** More of what scripts and people rely on: corners of interface.md that the first tests leave out. */

endSceneAfterEach();

describe('serve', () => {
  it('tells why it cannot start as every command does', async () => {
    const hf = await holdfast('[hosts.box]\naddress = 5\n');
    const bad = await hf.run(['serve']);
    expect(bad.code).toBe(2);
    expect(bad.stdout).toBe('');
    expect(bad.stderr).toMatch(/^holdfast: .*config\.toml:2: hosts\.box\.address: /);
    const json = await hf.run(['serve', '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'config', next: expect.any(String) } });
  });

  it('bears internal faults with its tunnels up, and ends with a clear word in a storm of them', async () => {
    const server = await sshd();
    const fixture = pathToFileURL(join(import.meta.dirname, '..', 'support', 'throw-in-engine.mjs')).href;
    const hf = own(await Holdfast.make('', { NODE_OPTIONS: `--import ${fixture}`, HOLDFAST_TEST_THROW: '/nowhere' }));
    const file = join(hf.home, 'throw');
    hf.env['HOLDFAST_TEST_THROW'] = file;
    await hf.configure(hostTable('box', server) + tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    trust(hf, server);
    await hf.serve();
    await allRun(hf);
    writeFileSync(file, '4');
    const faults = async (): Promise<number> =>
      ((await hf.run(['logs', '--json'])).stdout.match(/nobody caught/g) ?? []).length;
    await until(async () => (await faults()) > 0, {
      what: 'the faults in the log',
      timeoutMs: 20_000,
    });
    expect((await hf.status('db'))[0]).toMatchObject({ state: 'running', reconnects: 0 });
    const code = hf.ended();
    writeFileSync(file, '40');
    expect(await code).toBe(1);
    expect(hf.errors).toMatch(/^holdfast: The engine ended because too many internal faults came at once/m);
    expect(hf.errors).toContain('nobody caught');
  });
});

describe('status', () => {
  it('takes names, groups and --all, each tunnel once', async () => {
    const forward = 'forwards = ["dynamic 127.0.0.1:0"]';
    const hf = await holdfast(
      `[hosts.box]\naddress = "127.0.0.1"\n${['a', 'b', 'c']
        .map((name) => `[tunnels.${name}]\nhost = "box"\nstart = "manual"\ngroup = "work"\n${forward}\n`)
        .join('')}[tunnels.d]\nhost = "box"\nstart = "manual"\n${forward}\n`,
    );
    await hf.serve();
    const names = async (...args: string[]): Promise<string> =>
      (await hf.status(...args)).map(({ name }) => name).join();
    expect(await names('--all')).toBe('a,b,c,d');
    expect(await names('work', 'b')).toBe('a,b,c');
    expect(await names('d', 'a', 'd')).toBe('d,a');
    expect((await hf.run(['stats', '--all', '--json'])).code).toBe(0);
    expect((await hf.run(['status', '--all', 'a'])).code).toBe(2);
  });
});

describe('on demand', () => {
  it('a client that comes while the server is away waits and goes through', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'demand', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    await hf.serve();
    const listen = (await hf.reach('db', (row) => row.state === 'listening', 'it listens')).forwards[0]?.listen ?? '';
    await server.kill();
    const answer = sendAndRead(listen, 'patience');
    const row = await hf.reach('db', (now) => now.state === 'retrying', 'it tries again');
    expect(row.cause?.code).toBe('refused');
    await server.restart();
    await hf.run(['now', 'db']);
    expect(await answer).toBe('patience');
  });
});

describe('up --wait with several tunnels', () => {
  it('gives 1 if one is dead, else 5 if one waits for a person, and 4 before anything is done', async () => {
    const server = await sshd();
    const hf = await trusting(
      server,
      hostTable('unknown', server, '', server.port).replace('["known_hosts"]', '["none"]') +
        hostTable('pinned', server, `host-key-pins = ["SHA256:${'A'.repeat(43)}"]`) +
        tunnelTable('good', 'box', 'manual', 'dynamic 127.0.0.1:0') +
        tunnelTable('asks', 'unknown', 'manual', 'dynamic 127.0.0.1:0') +
        tunnelTable('dies', 'pinned', 'manual', 'dynamic 127.0.0.1:0'),
    );
    await hf.serve();
    const wait = async (...names: string[]): Promise<number | null> => (await hf.run(['up', ...names, '--wait'])).code;
    expect(await wait('good', 'nope')).toBe(4);
    expect((await hf.status('good'))[0]?.state).toBe('stopped');
    expect(await wait('good', 'asks')).toBe(5);
    expect(await wait('asks', 'dies')).toBe(1);
    expect(await wait('good', 'asks', 'dies')).toBe(1);
    expect((await hf.status('good', 'asks', 'dies')).map(({ state }) => state)).toEqual([
      'running',
      'interactive',
      'dead',
    ]);
  });
});

describe.skipIf(!canUsePam())(`a password in the desktop's keyring ${whyNoPam() ?? ''}`, () => {
  it('is used at the next start without a question; a locked keyring saves nothing, and the tunnel asks', async () => {
    const server = await startPamSshd({ rounds: ['password'] });
    own({ dispose: () => server.stop() });
    const keyring = await startKeyring();
    own({ dispose: () => keyring.stop() });
    const tunnel = tunnelTable('db', 'box', 'manual', 'dynamic 127.0.0.1:0');
    const hf = own(await Holdfast.make(hostTable('box', server).replace(/^identity = .*$/m, '') + tunnel, keyring.env));
    trust(hf, server);
    await hf.serve();
    expect((await hf.run(['secret', 'set', 'box', 'password'], `${server.password}\n`)).code).toBe(0);
    expect(await hf.run(['secret', 'list', '--json'])).toMatchObject({ stdout: expect.stringContaining('"box"') });
    await hf.end();
    await hf.serve();
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(0);
    expect(await hf.prompts()).toEqual([]);
    await hf.run(['down', 'db']);
    await hf.end();

    keyring.lock();
    await hf.serve();
    const refused = await hf.run(['secret', 'set', 'box', 'password'], `${server.password}\n`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('locked') });
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(5);
    expect(await hf.prompts()).toMatchObject([{ kind: 'password', tunnel: 'db', host: 'box', hop: 'box' }]);
    expect(spawnSync('grep', ['-rl', server.password, hf.home], { encoding: 'utf8' }).stdout).toBe('');
  });
});

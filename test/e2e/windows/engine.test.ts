import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PromptRow } from '../../support/holdfast.ts';
import { sendAndRead, startEcho } from '../../support/lines-server.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../../support/pam-sshd.ts';
import { endServer, freePort, needProgram } from '../../support/processes.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { runClient } from '../../support/tunnel-rig.ts';
import { until } from '../../support/until.ts';
import { noWine, windowsPath, WineMachine } from '../../support/wine.ts';

/**
 * The command and the engine under Node for Windows, in Wine: a person's day from the first tunnel to a crash. One Windows for all tests, in order.
 */

const name = noWine === null ? 'Windows, as Wine has it' : `Windows (skipped: ${noWine})`;

describe.skipIf(noWine !== null)(name, () => {
  let windows: WineMachine;
  let server: TestSshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let web: number;

  beforeAll(async () => {
    windows = WineMachine.start();
    server = await startSshd();
    echo = await startEcho();
    web = await freePort();
  }, 240_000);

  afterAll(async () => {
    await windows?.stop();
    await server?.stop();
    await echo?.stop();
  });

  const ok = async (...args: string[]): Promise<string> => {
    const ran = await windows.holdfast(args);
    expect(ran, args.join(' ')).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout;
  };
  const knock = (port: number): Promise<string> => sendAndRead(`127.0.0.1:${port}`, 'hello\n');

  it('says which pipe it looked at when no engine runs', async () => {
    const ran = await windows.holdfast(['status']);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('\\\\.\\pipe\\holdfast-');
    expect(ran.stderr).toContain('\\AppData\\Roaming\\Holdfast\\config.toml');
  });

  it('brings up the first tunnel, after its host key was asked for', async () => {
    const key = windowsPath(server.clientKey);
    await ok(
      ...['add', 'host', 'box', '--address', '127.0.0.1', '--port', String(server.port)],
      ...['--user', server.user, '--identity', key, 'agent=false'],
    );
    await ok('add', 'tunnel', 'web', '--host', 'box', '--forward', `local ${web} -> 127.0.0.1:${echo.port}`);
    expect(readFileSync(windows.configFile, 'utf8')).toContain('[tunnels.web]');
    expect(await windows.serve()).toContain('holdfast is ready: C:\\users\\');

    await windows.reach('web', ({ state }) => state === 'interactive', 'the question');
    const asked = JSON.parse(await ok('prompts', '--json')) as PromptRow[];
    expect(asked[0]?.message).toContain(server.fingerprint());
    await ok('answer', asked[0]?.id ?? '', 'yes');
    await windows.reach('web', ({ state }) => state === 'running', 'the tunnel to run');
    expect(await knock(web)).toBe('hello\n');
    expect(readFileSync(windows.knownHostsFile, 'utf8')).toContain(`[127.0.0.1]:${server.port}`);
  });

  it('forwards from the server and by SOCKS too', async () => {
    const [remote, socks] = [await freePort(), await freePort()];
    await ok('add', 'tunnel', 'back', '--host', 'box', '--forward', `remote ${remote} -> 127.0.0.1:${echo.port}`);
    await ok('add', 'tunnel', 'socks', '--host', 'box', '--forward', `dynamic ${socks}`);
    for (const tunnel of ['back', 'socks'])
      await windows.reach(tunnel, ({ state }) => state === 'running', `${tunnel} to run`);
    expect(await knock(remote)).toBe('hello\n');
    const client = ['-N', '-X', '5', '-x', `127.0.0.1:${socks}`, '127.0.0.1', String(echo.port)];
    const got = await runClient(needProgram('nc', 'netcat-openbsd'), client, Buffer.from('hello\n'));
    expect(got.stdout.toString(), got.stderr).toBe('hello\n');
    await ok('down', 'back', 'socks');
  });

  it('waits for a port that another program has', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
    try {
      await ok('add', 'tunnel', 'taken', '--host', 'box', '--forward', `local ${port} -> 127.0.0.1:${echo.port}`);
      const row = await windows.reach('taken', ({ state }) => state === 'retrying', 'the tunnel to wait');
      expect(row.cause?.code).toBe('port-in-use');
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await ok('now', 'taken');
    await windows.reach('taken', ({ state }) => state === 'running', 'the tunnel to run');
    expect(await knock(port)).toBe('hello\n');
    await ok('remove', 'tunnel', 'taken');
  });

  it('connects again when the server comes back', async () => {
    await server.kill();
    await windows.reach('web', ({ state }) => state === 'retrying', 'the loss to be seen');
    await server.restart();
    await ok('now', 'web');
    await windows.reach('web', ({ state }) => state === 'running', 'the tunnel to run again');
    expect(await knock(web)).toBe('hello\n');
  });

  it('runs one engine a profile, and the next after a crash', async () => {
    const second = await windows.holdfast(['serve']);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/An engine already runs for C:\\users\\.*taskkill \/f \/pid \d+/s);

    await windows.crash();
    expect((await windows.holdfast(['status'])).code).toBe(3);
    await windows.serve();
    await windows.reach('web', ({ state }) => state === 'running', 'the tunnel to run');
    expect(await knock(web)).toBe('hello\n');
  });

  it('tells nothing to another program that has the pipe of an engine which is gone', async () => {
    await windows.crash();
    const pipe = /\\\\\.\\pipe\\holdfast-[\w-]+/.exec((await windows.holdfast(['status'])).stderr)?.[0] ?? '';
    expect(pipe).not.toBe('');
    const impostor = windows.startScript(
      `const heard = (text) => console.log('heard ' + text);
      require('node:net').createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (text) => { heard(text); socket.write('{"proven":true}\\n{"id":1,"ok":true,"output":{}}\\n'); });
      }).listen(process.argv[2], () => console.log('ready'));`,
      pipe,
    );
    try {
      await until(() => impostor.said().includes('ready'), { what: 'the other program', seen: () => impostor.said() });
      const told = await windows.holdfast(['answer', 'some-id'], 'hunter2\n');
      expect(told.code).toBe(3);
      expect(told.stderr).toContain('did not prove that it is one');
      await until(() => impostor.said().includes('heard'), { what: 'it to be asked', seen: () => impostor.said() });
      expect(impostor.said()).toMatch(/^ready\s+heard \{"prove":\{"id":"[0-9a-f]{64}","nonce":"[0-9a-f]{64}"\}\}\s*$/);
    } finally {
      await endServer(impostor.server, 'SIGKILL');
    }
    await windows.serve();
    await windows.reach('web', ({ state }) => state === 'running', 'the tunnel to run');
  });

  it.skipIf(!canUsePam())(`keeps a password in the Credential Manager ${whyNoPam() ?? ''}`, async () => {
    const pam = await startPamSshd({ rounds: ['password'], passwordMethod: true });
    try {
      const port = await freePort();
      const address = ['--address', '127.0.0.1', '--port', String(pam.port), '--user', pam.user];
      await ok('add', 'host', 'vault', ...address, 'agent=false', 'host-key-policy=accept-new');
      const kept = await windows.holdfast(['secret', 'set', 'vault', 'password'], `${pam.password}\n`);
      expect(kept).toMatchObject({ code: 0, stderr: '' });
      await windows.crash();
      await windows.serve();
      expect(await ok('secret', 'list')).toMatch(/^vault\s+password$/m);
      await ok('add', 'tunnel', 'kept', '--host', 'vault', '--forward', `local ${port} -> 127.0.0.1:${echo.port}`);
      await windows.reach('kept', ({ state }) => state === 'running', 'the tunnel to run without a question');
      expect(await knock(port)).toBe('hello\n');
      await ok('secret', 'remove', 'vault', 'password');
      expect(await ok('secret', 'list')).not.toContain('vault');
    } finally {
      await pam.stop();
    }
  });
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startDropbear } from '../support/dropbear.ts';
import { makeCertificate, runProgram, runSsh, runSshWithAnswers, startAgent } from '../support/openssh-client.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { startSshd } from '../support/sshd.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** The test servers themselves, with the real client: what the other suites stand on. */

const login = (server: { user: string; port: number }): string[] => [
  '-p',
  String(server.port),
  `${server.user}@127.0.0.1`,
];

test('sshd lets its client key in and no other', async () => {
  const server = await startSshd();
  const folder = tempFolder();
  try {
    const good = await runSsh(['-i', server.clientKey, ...login(server), 'echo hello']);
    expect(good).toMatchObject({ status: 0, stdout: 'hello\n' });
    makeKey(folder.file('other'));
    const bad = await runSsh(['-i', folder.file('other'), ...login(server), 'true']);
    expect(bad.status).toBe(255);
    expect(bad.stderr).toContain('Permission denied (publickey)');
    await server.logged(/Accepted publickey for/);
  } finally {
    await server.stop();
  }
});

test('the host key lines are what a strict client accepts, and fresh host keys are refused', async () => {
  const server = await startSshd({ hostKeyTypes: ['ecdsa', 'ed25519'] });
  const folder = tempFolder();
  try {
    const file = folder.file('known_hosts');
    writeFileSync(file, `${server.knownHostsLine()}\n`);
    const strict = [
      '-F',
      'none',
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${file}`,
      '-o',
      'StrictHostKeyChecking=yes',
    ];
    const known = await runProgram('ssh', [...strict, '-i', server.clientKey, ...login(server), 'true']);
    expect(known).toMatchObject({ status: 0 });
    expect(server.fingerprint('ed25519')).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    server.replaceHostKeys();
    await server.restart();
    const changed = await runProgram('ssh', [...strict, '-i', server.clientKey, ...login(server), 'true']);
    expect(changed.status).toBe(255);
    expect(changed.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  } finally {
    await server.stop();
  }
});

test('killing the sessions ends them, the listener stays, and a restart takes the same port', async () => {
  const server = await startSshd();
  try {
    const session = runSsh(['-i', server.clientKey, ...login(server), 'echo up; sleep 60']);
    await until(() => server.sessions().length === 1 && /Starting session/.test(server.log()), {
      what: 'a session',
      seen: () => server.log(),
    });
    server.killSessions();
    expect((await session).status).toBe(255);
    const port = server.port;
    expect((await runSsh(['-i', server.clientKey, ...login(server), 'true'])).status).toBe(0);
    await server.kill();
    expect((await runSsh(['-i', server.clientKey, ...login(server), 'true'])).stderr).toContain('Connection refused');
    await server.restart();
    expect(server.port).toBe(port);
    expect((await runSsh(['-i', server.clientKey, ...login(server), 'true'])).status).toBe(0);
  } finally {
    await server.stop();
  }
});

test('a frozen server is silent until it is thawed', async () => {
  const server = await startSshd();
  try {
    server.freeze();
    const session = runSsh(['-i', server.clientKey, '-o', 'ConnectTimeout=1', ...login(server), 'true']);
    expect((await session).status).toBe(255);
    server.thaw();
    expect((await runSsh(['-i', server.clientKey, ...login(server), 'true'])).status).toBe(0);
  } finally {
    await server.stop();
  }
});

test('an agent and a user certificate log in', async () => {
  const folder = tempFolder();
  const ca = makeKey(folder.file('ca'));
  makeKey(folder.file('user'));
  const agent = await startAgent();
  const server = await startSshd({ trustedUserCa: ca });
  try {
    agent.add(server.clientKey);
    expect(agent.list()).toHaveLength(1);
    const env = { ...process.env, SSH_AUTH_SOCK: agent.socket };
    const byAgent = await runSsh(['-o', 'IdentitiesOnly=no', ...login(server), 'true'], { env });
    // The plain options come first and win: with IdentitiesOnly the agent's key must be named.
    expect(byAgent.status).toBe(255);
    const named = await runSsh(['-i', `${server.clientKey}.pub`, ...login(server), 'true'], { env });
    expect(named).toMatchObject({ status: 0 });
    makeCertificate({ caKey: folder.file('ca'), key: folder.file('user'), principals: [server.user] });
    const byCertificate = await runSsh(['-i', folder.file('user'), ...login(server), 'true']);
    expect(byCertificate).toMatchObject({ status: 0 });
    await server.logged(/ED25519-CERT/);
  } finally {
    await server.stop();
    await agent.stop();
  }
});

test('dropbear lets its client key in, and a password where one is set', async () => {
  const server = await startDropbear({ password: 'correct horse' });
  try {
    const byKey = await runSsh(['-i', server.clientKey, ...login(server), 'echo hello']);
    expect(byKey).toMatchObject({ status: 0, stdout: 'hello\n' });
    const right = await runSshWithAnswers(
      ['-o', 'PubkeyAuthentication=no', ...login(server), 'echo hello'],
      [/password:/i, 'correct horse'],
    );
    expect(right).toContain('hello');
    await until(() => server.sessions().length === 0, { what: 'the sessions to end' });
    const wrong = await runSshWithAnswers(
      ['-o', 'PubkeyAuthentication=no', '-o', 'NumberOfPasswordPrompts=1', ...login(server), 'echo hello'],
      [/password:/i, 'wrong'],
    );
    expect(wrong).toContain('Permission denied');
    await server.restart();
    expect((await runSsh(['-i', server.clientKey, ...login(server), 'true'])).status).toBe(0);
  } finally {
    await server.stop();
  }
});

describe.skipIf(!canUsePam())(`PAM (${whyNoPam() ?? 'usable here'})`, () => {
  test('a one-time code works once', async () => {
    const server = await startPamSshd();
    try {
      const args = ['-o', 'NumberOfPasswordPrompts=1', ...login(server), 'echo hello'];
      const code = server.nextCode();
      expect(await runSshWithAnswers(args, [/One-time password/, code])).toContain('hello');
      expect(await runSshWithAnswers(args, [/One-time password/, code])).toContain('Permission denied');
      expect(await runSshWithAnswers(args, [/One-time password/, server.nextCode()])).toContain('hello');
      expect(await runSshWithAnswers(args, [/One-time password/, server.wrongCode()])).toContain('Permission denied');
    } finally {
      await server.stop();
    }
  });

  test('a password and a code are asked in two rounds, after a key', async () => {
    const server = await startPamSshd({
      rounds: ['password', 'otp'],
      authenticationMethods: 'publickey,keyboard-interactive',
      message: 'Welcome to the bastion',
    });
    try {
      const args = ['-o', 'NumberOfPasswordPrompts=1', '-i', server.clientKey, ...login(server), 'echo hello'];
      const said = await runSshWithAnswers(
        args,
        [/Password:/, server.password],
        [/One-time password/, server.nextCode()],
      );
      expect(said).toContain('hello');
      expect(said).toContain('Welcome to the bastion');
      const noKey = await runSshWithAnswers(['-o', 'PubkeyAuthentication=no', ...login(server), 'true']);
      expect(noKey).toContain('Permission denied (publickey)');
      const wrong = await runSshWithAnswers(args, [/Password:/, 'wrong'], [/One-time password/, server.nextCode()]);
      expect(wrong).toContain('Permission denied');
    } finally {
      await server.stop();
    }
  });

  test('the password method goes through PAM', async () => {
    const server = await startPamSshd({ rounds: ['password'], passwordMethod: true, keyboardInteractive: false });
    try {
      const args = ['-o', 'NumberOfPasswordPrompts=1', '-o', 'PubkeyAuthentication=no', ...login(server), 'echo hello'];
      expect(await runSshWithAnswers(args, [/password:/, server.password])).toContain('hello');
      expect(await runSshWithAnswers(args, [/password:/, 'wrong'])).toContain('Permission denied (publickey,password)');
      expect(existsSync('/etc/pam.d')).toBe(true);
    } finally {
      await server.stop();
    }
    expect(readdirSync('/etc/pam.d').filter((name) => name.startsWith(`holdfast-otp-sshd-${process.pid}-`))).toEqual(
      [],
    );
  });
});

test('every program that a test may need is in the list that npm test installs', async () => {
  const { testPackages, desktopPackages } = (await import(
    new URL('../../scripts/test-packages.mjs', import.meta.url).href
  )) as {
    testPackages: readonly { readonly package: string }[];
    desktopPackages: readonly { readonly package: string }[];
  };
  const listed = new Set([...testPackages, ...desktopPackages].map((item) => item.package));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const needed = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('bench'))
    .flatMap((file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/needProgram\('[^']+', '([^']+)'\)/g)])
    .map((match) => match[1] ?? '');
  expect(needed.length).toBeGreaterThan(5);
  expect(needed.filter((name) => !listed.has(name))).toEqual([]);
});

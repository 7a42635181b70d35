import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { HostConfig } from '../../src/shared/model/config.ts';
import type { Prompt } from '../../src/shared/model/prompt.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { Secret } from '../../src/main/engine/secrets/secret.ts';
import { createAuthenticator } from '../../src/main/engine/ssh/authenticator.ts';
import { startDropbear } from '../support/dropbear.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { OneKeyTrust, hostFor, linkSetup } from '../support/link-parts.ts';
import { makeCertificate, startAgent } from '../support/openssh-client.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { type SshdOptions, type TestSshd, startSshd } from '../support/sshd.ts';
import { makeTempFolder, tempFolder } from '../support/temp.ts';
import type { TestServer } from '../support/test-server.ts';
import { framed, identities, softwareSecurityKey, startFakeAgent } from '../unit/ssh/agent-support.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';

checkLeaks();

const folder = makeTempFolder();
afterAll(() => folder.dispose());

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const release of cleanUps.splice(0).reverse()) await release();
});

interface Outcome {
  readonly authenticatedBy: string;
  readonly prompts: readonly Prompt[];
}

/** `cancel` cancels. */
type Answers = readonly (string | (() => string))[];

/** One login through the connector with real prompts; `answers` are typed in order. Rejects as the connector does. */
async function login(
  server: TestServer,
  host: Partial<HostConfig>,
  answers: Answers = [],
  extra: { readonly env?: Record<string, string>; readonly store?: MapStore; readonly remember?: boolean } = {},
): Promise<Outcome> {
  const authenticator = createAuthenticator({
    clock: systemClock,
    secrets: extra.store ?? new MapStore(),
    env: extra.env ?? {},
    home: folder.file('no-home'),
  });
  const setup = linkSetup(new OneKeyTrust(Object.values(server.hostKeys)), authenticator);
  const seen: Prompt[] = [];
  const queue = [...answers];
  setup.prompts.onDidOpen((prompt) => {
    seen.push(prompt);
    const next = queue.shift();
    if (next === undefined) throw new Error(`nobody answers: ${prompt.message}`);
    const value = typeof next === 'function' ? next() : next;
    const answer =
      value === 'cancel'
        ? ({ kind: 'cancel' } as const)
        : ({ kind: 'values', values: [Secret.from(value)], remember: extra.remember ?? false } as const);
    setImmediate(() => setup.prompts.answer(prompt.id, answer));
  });
  try {
    const link = await setup.connect(hostFor(server.port, { user: server.user, ...host }));
    const { authenticatedBy } = link.info;
    await link.ping(5000);
    link.dispose();
    return { authenticatedBy, prompts: seen };
  } finally {
    authenticator.dispose();
    setup.prompts.dispose();
  }
}

async function sshd(options: SshdOptions): Promise<TestSshd> {
  const server = await startSshd(options);
  cleanUps.push(() => server.stop());
  return server;
}

async function agentWith(...files: string[]): Promise<{ SSH_AUTH_SOCK: string }> {
  const agent = await startAgent();
  cleanUps.push(() => agent.stop());
  if (files.length > 0) agent.add(...files);
  return { SSH_AUTH_SOCK: agent.socket };
}

describe('key files against sshd', () => {
  const made: {
    readonly name: string;
    readonly file: string;
    readonly line: string;
    readonly passphrase: string | null;
  }[] = [];
  beforeAll(() => {
    const add = (name: string, line: string, passphrase: string | null): number =>
      made.push({ name, file: folder.file(name), line, passphrase });
    for (const [type, bits] of [
      ['ed25519', 0],
      ['ecdsa', 256],
      ['ecdsa', 384],
      ['ecdsa', 521],
      ['rsa', 2048],
      ['rsa', 4096],
    ] as const) {
      for (const format of ['RFC4716', 'PEM', 'PKCS8'] as const) {
        if (type === 'ed25519' && format !== 'RFC4716') continue;
        for (const passphrase of [null, 'horse']) {
          if (bits === 4096 && (format !== 'RFC4716' || passphrase !== null)) continue;
          const name = `${type}-${bits}-${format}-${passphrase ?? 'plain'}`;
          add(
            name,
            makeKey(folder.file(name), { type, bits, format, ...(passphrase === null ? {} : { passphrase }) }),
            passphrase,
          );
        }
      }
    }
    writeFileSync(folder.file('pass'), 'horse\n');
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const source = folder.file(`for-ppk-${type}`);
      const line = makeKey(source, { type });
      for (const version of [2, 3]) {
        const name = `${type}-ppk${version}`;
        execFileSync(
          'puttygen',
          [
            source,
            '-O',
            'private',
            '-o',
            folder.file(name),
            '--ppk-param',
            version === 3 ? 'version=3,memory=1024,passes=2' : 'version=2',
            '--new-passphrase',
            folder.file('pass'),
          ],
          { stdio: 'pipe' },
        );
        add(name, line, 'horse');
      }
    }
  });

  test('every type in every format, with its passphrase asked once', async () => {
    const server = await sshd({ authorizedKeys: made.map(({ line }) => line) });
    for (const { name, file, passphrase } of made) {
      const { authenticatedBy, prompts } = await login(
        server,
        { identity: [file] },
        passphrase === null ? [] : [passphrase],
      );
      expect({ name, authenticatedBy, kinds: prompts.map(({ kind }) => kind) }).toEqual({
        name,
        authenticatedBy: 'publickey',
        kinds: passphrase === null ? [] : ['passphrase'],
      });
    }
  });

  test('a refusal names the host, the user and the keys', async () => {
    const server = await sshd({});
    const identity = ['refused-one', 'refused-two'].map((name) => folder.file(name));
    for (const file of identity) makeKey(file);
    await expect(login(server, { identity })).rejects.toMatchObject({
      code: 'auth-failed',
      phase: 'auth',
      message: `testhost refused the login as ${server.user}: both keys offered were turned down; it still takes publickey.`,
    });
  });

  test('a server that hangs up after too many keys has refused the login', async () => {
    const server = await sshd({ maxAuthTries: 2 });
    const identity = ['many-1', 'many-2', 'many-3'].map((name) => folder.file(name));
    for (const file of identity) makeKey(file);
    await expect(login(server, { identity })).rejects.toMatchObject({ code: 'auth-failed', phase: 'auth' });
  });

  test('RSA on a server that takes SHA-512 alone, and one that takes SHA-1 alone', async () => {
    const file = folder.file('rsa-sigs');
    const line = makeKey(file, { type: 'rsa' });
    const modern = await sshd({ authorizedKeys: [line], config: ['PubkeyAcceptedAlgorithms rsa-sha2-512'] });
    await login(modern, { identity: [file] });
    const old = await sshd({ authorizedKeys: [line], config: ['PubkeyAcceptedAlgorithms ssh-rsa'] });
    await expect(login(old, { identity: [file] })).rejects.toMatchObject({ code: 'auth-failed' });
    await login(old, { identity: [file], legacyAlgorithms: ['ssh-rsa'] });
  });

  test('dropbear: ed25519, ecdsa and rsa', async () => {
    const files = ['ed25519', 'ecdsa', 'rsa'] as const;
    const lines = files.map((type) => makeKey(folder.file(`dropbear-${type}`), { type }));
    const server = await startDropbear({ authorizedKeys: lines });
    cleanUps.push(() => server.stop());
    for (const type of files)
      expect((await login(server, { identity: [folder.file(`dropbear-${type}`)] })).authenticatedBy).toBe('publickey');
  });
});

describe('agents', () => {
  const files = Array.from({ length: 8 }, (_, i) => folder.file(`agent-${i}`));
  let lines: string[] = [];
  beforeAll(() => {
    lines = files.map((file) => makeKey(file));
  });

  test('the agent signs for a locked identity, so nobody is asked', async () => {
    const plain = folder.file('agent-plain');
    const line = makeKey(plain);
    const env = await agentWith(plain);
    const locked = folder.file('agent-locked');
    execFileSync('cp', ['-p', plain, locked]);
    execFileSync('ssh-keygen', ['-q', '-p', '-f', locked, '-N', 'horse'], { stdio: 'pipe' });
    const server = await sshd({ authorizedKeys: [line] });
    expect((await login(server, { identity: [locked], agent: true }, [], { env })).prompts).toEqual([]);
  });

  test('eight keys: the ninth try is never made; naming the key, also by its .pub alone, finds it', async () => {
    const env = await agentWith(...files);
    const server = await sshd({ authorizedKeys: [lines[7] ?? ''] });
    const failed = login(server, { agent: true }, [], { env });
    await expect(failed).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('all 5 keys offered were turned down; 3 more keys were not offered') as string,
    });
    expect(server.log()).not.toContain('Too many authentication failures');
    const pub = tempFolder().file('only.pub');
    writeFileSync(pub, `${lines[7]}\n`);
    for (const identity of [[`${files[7]}`], [`${files[7]}.pub`], [pub]]) {
      for (const identitiesOnly of [true, false])
        await login(server, { agent: true, identity, identitiesOnly }, [], { env });
    }
    const other = await sshd({ authorizedKeys: [lines[0] ?? ''] });
    await login(other, { agent: true, identity: [pub] }, [], { env });
    await expect(
      login(other, { agent: true, identity: [pub], identitiesOnly: true }, [], { env }),
    ).rejects.toMatchObject({ code: 'auth-failed' });
    await login(other, { agent: env.SSH_AUTH_SOCK }, []);
    await expect(login(other, { agent: false }, [], { env })).rejects.toMatchObject({ code: 'auth-no-method' });
  });

  test('RSA by the agent with SHA-2', async () => {
    const file = folder.file('agent-rsa');
    const line = makeKey(file, { type: 'rsa' });
    const env = await agentWith(file);
    const server = await sshd({ authorizedKeys: [line], config: ['PubkeyAcceptedAlgorithms rsa-sha2-512'] });
    await login(server, { agent: true }, [], { env });
  });

  test('an agent that is gone, or that refuses to sign, leaves the files', async () => {
    const server = await sshd({ authorizedKeys: [lines[0] ?? ''] });
    await login(server, { agent: folder.file('no-agent'), identity: [files[0] ?? ''] });
    const blob = Buffer.from((lines[0] ?? '').split(' ')[1] ?? '', 'base64');
    const stubborn = await startFakeAgent((request) =>
      request[0] === 11 ? identities([blob, 'stubborn']) : framed(Buffer.of(5)),
    );
    cleanUps.push(() => stubborn.stop());
    await login(server, { agent: stubborn.path, identity: [files[0] ?? ''] });
    await expect(login(server, { agent: folder.file('no-agent'), identity: [] })).rejects.toMatchObject({
      code: 'agent-unavailable',
    });
  });

  test('a mute agent costs 5 s', async () => {
    const mute = createServer(() => {});
    const path = tempFolder().file('mute');
    await new Promise<void>((resolve) => mute.listen(path, resolve));
    const sockets = new Set<{ destroy(): void }>();
    mute.on('connection', (socket) => sockets.add(socket));
    cleanUps.push(
      () =>
        new Promise((done) => {
          for (const socket of sockets) socket.destroy();
          mute.close(() => done());
        }),
    );
    const server = await sshd({ authorizedKeys: [lines[0] ?? ''] });
    const before = performance.now();
    await login(server, { agent: path, identity: [files[0] ?? ''] });
    expect(performance.now() - before).toBeGreaterThan(4900);
  });

  test('a FIDO key signs through the agent; without one the transport that can is named', async () => {
    const key = softwareSecurityKey();
    const agent = await startFakeAgent((request) => key.answer(request));
    cleanUps.push(() => agent.stop());
    const server = await sshd({ authorizedKeys: [key.line] });
    await login(server, { agent: agent.path });
    const pub = tempFolder().file('id_ed25519_sk.pub');
    writeFileSync(pub, `${key.line}\n`);
    await login(server, { agent: agent.path, identity: [pub], identitiesOnly: true });
    await expect(login(server, { identity: [pub] })).rejects.toMatchObject({
      code: 'transport-unsupported',
      message: expect.stringContaining('transport = "openssh"') as string,
    });
  });
});

describe('user certificates', () => {
  const ca = folder.file('ca');
  let caLine = '';
  beforeAll(() => {
    caLine = makeKey(ca);
  });

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)(
    '%s: beside the key, named, in the agent, with the agent’s plain key',
    async (type) => {
      const own = makeTempFolder();
      cleanUps.push(() => own.dispose());
      const file = own.file('key');
      makeKey(file, { type });
      const server = await sshd({ authorizedKeys: [], trustedUserCa: caLine });
      makeCertificate({ caKey: ca, key: file, principals: [server.user] });
      await login(server, { identity: [file] });
      const elsewhere = own.file('elsewhere.pub');
      execFileSync('mv', [`${file}-cert.pub`, elsewhere]);
      await expect(login(server, { identity: [file] })).rejects.toMatchObject({ code: 'auth-failed' });
      await login(server, { identity: [file], certificates: [elsewhere] });
      const plainAgent = await agentWith(file);
      await login(server, { agent: true, certificates: [elsewhere] }, [], { env: plainAgent });
      execFileSync('mv', [elsewhere, `${file}-cert.pub`]);
      const certAgent = await agentWith(file);
      execFileSync('rm', [`${file}-cert.pub`]);
      await login(server, { agent: true }, [], { env: certAgent });
      await login(server, { agent: true, identity: [`${file}.pub`], identitiesOnly: true }, [], { env: certAgent });
    },
  );

  test('inside a PPK file', async () => {
    const own = makeTempFolder();
    cleanUps.push(() => own.dispose());
    const file = own.file('key');
    makeKey(file);
    const server = await sshd({ authorizedKeys: [], trustedUserCa: caLine });
    makeCertificate({ caKey: ca, key: file, principals: [server.user] });
    const ppk = own.file('with-certificate');
    writeFileSync(own.file('pass'), 'horse\n');
    const args = [
      '-O',
      'private',
      '-o',
      ppk,
      '--certificate',
      `${file}-cert.pub`,
      '--new-passphrase',
      own.file('pass'),
    ];
    execFileSync('puttygen', [file, ...args], { stdio: 'pipe' });
    expect((await login(server, { identity: [ppk] }, ['horse'])).prompts).toHaveLength(1);
  });

  test('expired and future ones are not offered', async () => {
    const own = makeTempFolder();
    cleanUps.push(() => own.dispose());
    const file = own.file('key');
    const line = makeKey(file);
    const server = await sshd({ authorizedKeys: [line], trustedUserCa: caLine, maxAuthTries: 1 });
    for (const validity of ['20200101:20210101', '20900101:20910101']) {
      makeCertificate({ caKey: ca, key: file, principals: [server.user], validity });
      // With one try at the server the plain key is the first thing that it sees.
      await login(server, { identity: [file] });
    }
  });
});

describe('partial success with keys', () => {
  test('key, then another key: from file and from the agent', async () => {
    const one = folder.file('partial-one');
    const two = folder.file('partial-two');
    const lines = [makeKey(one), makeKey(two)];
    const server = await sshd({ authorizedKeys: lines, authenticationMethods: 'publickey,publickey' });
    expect((await login(server, { identity: [one, two] })).authenticatedBy).toContain('publickey');
    await login(server, { identity: [one], agent: true }, [], { env: await agentWith(two) });
    await expect(login(server, { identity: [one] })).rejects.toMatchObject({ code: 'auth-failed' });
  });
});

describe.skipIf(!canUsePam())(`with PAM${whyNoPam() === null ? '' : `: ${whyNoPam()}`}`, () => {
  async function pamSshd(options: Parameters<typeof startPamSshd>[0]) {
    const server = await startPamSshd(options);
    cleanUps.push(() => server.stop());
    return server;
  }

  test('key, then OTP: from a file and from the agent; a wrong code asks again; cancel ends', async () => {
    const server = await pamSshd({ authenticationMethods: 'publickey,keyboard-interactive' });
    const identity = [server.clientKey];
    const first = await login(server, { identity }, [() => server.wrongCode(), () => server.nextCode()]);
    expect(first.authenticatedBy).toBe('publickey, keyboard-interactive');
    expect(first.prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['otp', 1],
      ['otp', 2],
    ]);
    const env = await agentWith(server.clientKey);
    await login(server, { agent: true }, [() => server.nextCode()], { env });
    await expect(login(server, { identity }, ['cancel'])).rejects.toMatchObject({ code: 'cancelled' });
    const wrong = login(
      server,
      { identity },
      Array.from({ length: 3 }, () => () => server.wrongCode()),
    );
    await expect(wrong).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('3 answers turned down') as string,
    });
  });

  test('password, then OTP in one keyboard-interactive; the stored password answers its part alone', async () => {
    const server = await pamSshd({ rounds: ['password', 'otp'] });
    const store = new MapStore();
    const typed = await login(server, {}, [server.password, () => server.nextCode()], { store, remember: true });
    expect(typed.prompts.map(({ kind, mayRemember }) => [kind, mayRemember])).toEqual([
      ['password', true],
      ['otp', false],
    ]);
    expect([...store.values]).toEqual([['testhost password', server.password]]);
    const stored = await login(server, {}, [() => server.nextCode()], { store });
    expect(stored.prompts.map(({ kind }) => kind)).toEqual(['otp']);
  });

  test('the password method: typed, wrong, stored, after a key', async () => {
    const server = await pamSshd({ rounds: ['password'], passwordMethod: true, keyboardInteractive: false });
    const { prompts, authenticatedBy } = await login(server, {}, ['wrong', server.password]);
    expect(authenticatedBy).toBe('password');
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['password', 1],
      ['password', 2],
    ]);
    const store = new MapStore();
    store.values.set('testhost password', server.password);
    expect((await login(server, {}, [], { store })).prompts).toEqual([]);
    const both = await pamSshd({
      rounds: ['password'],
      passwordMethod: true,
      authenticationMethods: 'publickey,password',
    });
    expect((await login(both, { identity: [both.clientKey] }, [both.password])).authenticatedBy).toBe(
      'publickey, password',
    );
    await expect(login(server, {}, ['a', 'b', 'c'])).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('3 passwords turned down') as string,
    });
  });

  test('a locked key, then an OTP: two questions in their order', async () => {
    const own = makeTempFolder();
    cleanUps.push(() => own.dispose());
    const line = makeKey(own.file('key'), { passphrase: 'horse' });
    const server = await pamSshd({ authenticationMethods: 'publickey,keyboard-interactive', authorizedKeys: [line] });
    const { prompts } = await login(server, { identity: [own.file('key')] }, ['cow', 'horse', () => server.nextCode()]);
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['passphrase', 1],
      ['passphrase', 2],
      ['otp', 1],
    ]);
  });
});

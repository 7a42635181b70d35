import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { createAuthenticator } from '../../src/main/engine/ssh/machine-authenticator.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, OneKeyTrust } from '../support/link-parts.ts';
import { makeCertificate, startAgent } from '../support/openssh-client.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { makeTempFolder, tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';
import { framed, identities, softwareSecurityKey, startFakeAgent } from '../unit/ssh/agent-support.ts';
import { agentWith, cleanUps, folder, login, sshd, useLogins } from './auth-login.ts';

checkLeaks();
useLogins();

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

  test('a key that the agent keeps for certain hosts is used there, and nowhere else', async () => {
    const key = folder.file('agent-restricted');
    const line = makeKey(key);
    const here = await sshd({ authorizedKeys: [line] });
    const elsewhere = await sshd({ authorizedKeys: [line], freshHostKeys: true });
    const agent = await startAgent();
    cleanUps.push(() => agent.stop());
    const known = tempFolder().file('known_hosts');
    writeFileSync(
      known,
      Object.values(here.hostKeys)
        .map((host) => `box ${host}\n`)
        .join(''),
    );
    execFileSync('ssh-add', ['-q', '-h', 'box', '-H', known, key], {
      env: { ...process.env, SSH_AUTH_SOCK: agent.socket },
    });
    await login(here, { agent: agent.socket });
    await expect(login(elsewhere, { agent: agent.socket })).rejects.toMatchObject({ phase: 'auth' });
  });

  test('a touch may take its time: the person is told which key waits, and may cancel', async () => {
    const token = softwareSecurityKey();
    const server = await sshd({ authorizedKeys: [token.line] });
    const touches: (() => void)[] = [];
    const agent = await startFakeAgent((request, reply) => {
      const answer = token.answer(request);
      if (request[0] !== 13) return answer;
      touches.push(() => answer && reply(answer));
      return null;
    });
    cleanUps.push(() => agent.stop());
    const authenticator = createAuthenticator({
      clock: systemClock,
      secrets: new MapStore(),
      env: {},
      home: folder.file('no-home'),
    });
    const setup = linkSetup(new OneKeyTrust(Object.values(server.hostKeys)), authenticator);
    cleanUps.push(() => authenticator.dispose());
    const host = hostFor(server.port, { user: server.user, agent: agent.path, authTimeoutMs: 900 });
    const waiting: (string | null)[] = [];
    const observer = { onPhase() {}, onWaiting: (id: string | null) => void waiting.push(id) };
    const touched = setup.connect(host, { observer });
    await until(() => setup.prompts.list().length > 0, { what: 'the request for a touch' });
    const [prompt] = setup.prompts.list();
    expect(prompt).toMatchObject({
      kind: 'confirm',
      hop: 'testhost',
      message: expect.stringMatching(/^Touch the security key token/) as string,
    });
    touches[0]?.();
    (await touched).dispose();
    expect(setup.prompts.list()).toEqual([]);
    expect(waiting).toEqual([prompt?.id, null]);

    const refused = setup.connect(host, { observer });
    await until(() => setup.prompts.list().length > 0, { what: 'the request for a touch' });
    setup.prompts.answer(setup.prompts.list()[0]?.id ?? '', { kind: 'no' });
    await expect(refused).rejects.toMatchObject({ code: 'cancelled' });
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

  test('a FIDO key signs through the agent; without one it is to be added to one', async () => {
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
      message: expect.stringContaining('this FIDO key is in no agent') as string,
      next: expect.stringContaining('ssh-add') as string,
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

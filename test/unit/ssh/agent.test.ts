import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { DisposableStore } from '../../../src/main/engine/lifecycle/disposable.ts';
import { agentAddresses, windowsAgentPipe } from '../../../src/main/engine/ssh/agent-address.ts';
import { AgentClient } from '../../../src/main/engine/ssh/agent-client.ts';
import { AgentRefusal, parseIdentities, parseSignature } from '../../../src/main/engine/ssh/agent-protocol.ts';
import { WireFormatError, WireWriter } from '../../../src/main/engine/ssh/wire-format.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { startAgent } from '../../support/openssh-client.ts';
import { makeKey } from '../../support/ssh-keys.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { framed, identities, startFakeAgent } from './agent-support.ts';
import { blobOf, isSignatureOf } from './auth-support.ts';

vi.setConfig({ testTimeout: 60_000 });

checkLeaks();

let owned = new DisposableStore();
afterEach(() => {
  owned.dispose();
  owned = new DisposableStore();
});

const client = (path: string, clock = systemClock): AgentClient => owned.add(new AgentClient(path, clock));

describe('a real ssh-agent', () => {
  test('lists and signs, RSA with the hash that was asked for', async () => {
    const folder = tempFolder();
    const lines = [
      makeKey(folder.file('ed')),
      makeKey(folder.file('ec'), { type: 'ecdsa' }),
      makeKey(folder.file('rsa'), { type: 'rsa' }),
    ];
    const agent = await startAgent();
    try {
      agent.add(folder.file('ed'), folder.file('ec'), folder.file('rsa'));
      const own = client(agent.socket);
      const listed = await own.list();
      expect(listed.map(({ type }) => type)).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']);
      expect(listed.map(({ blob }) => blob)).toEqual(lines.map(blobOf));
      const data = Buffer.from('data');
      for (const [i, algorithm] of [
        [0, 'ssh-ed25519'],
        [1, 'ecdsa-sha2-nistp256'],
        [2, 'rsa-sha2-256'],
        [2, 'rsa-sha2-512'],
        [2, 'ssh-rsa'],
      ] as const) {
        const blob = blobOf(lines[i] ?? '');
        expect(isSignatureOf(blob, algorithm, data, await own.sign(blob, data, algorithm))).toBe(true);
      }
      agent.clear();
      await expect(own.sign(blobOf(lines[0] ?? ''), data, 'ssh-ed25519')).rejects.toMatchObject({ code: 'refused' });
      expect(await own.list()).toEqual([]);
    } finally {
      owned.dispose();
      await agent.stop();
    }
  });
});

describe('faulty agents', () => {
  test('nobody there', async () => {
    await expect(client(tempFolder().file('none')).list()).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a mute one costs 5 s, a signature may take 60 s; the next request connects anew', async () => {
    let mute = true;
    const agent = await startFakeAgent(() => (mute ? null : identities()));
    const clock = new FakeClock();
    const own = client(agent.path, clock);
    try {
      for (const [run, limitMs] of [
        [() => own.list(), 5000],
        [() => own.sign(Buffer.from('x'), Buffer.from('y'), 'ssh-ed25519'), 60_000],
      ] as const) {
        const before = agent.requests.length;
        const failure = run().catch((error: unknown) => error);
        await until(() => agent.requests.length > before, { what: 'the request' });
        await clock.advance(limitMs - 1);
        expect(clock.pending).toBe(1);
        await clock.advance(1);
        expect(await failure).toMatchObject({ code: 'timeout' });
        await until(() => agent.open() === 0, { what: 'the connection to close' });
      }
      mute = false;
      expect(await own.list()).toEqual([]);
      expect(clock.pending).toBe(0);
    } finally {
      own.dispose();
      await agent.stop();
    }
  });

  test.each([
    ['a huge length', Buffer.from([0xff, 0xff, 0xff, 0xff, 12])],
    ['an empty message', Buffer.from([0, 0, 0, 0])],
    ['two answers', Buffer.concat([identities(), identities()])],
    ['another message', framed(Buffer.of(6))],
    ['a count that lies', framed(new WireWriter().byte(12).uint32(0xffffffff).toBuffer())],
    ['text', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s', async (_name, reply) => {
    const agent = await startFakeAgent(() => reply);
    const own = client(agent.path);
    try {
      await expect(own.list()).rejects.toMatchObject({ code: 'malformed' });
      await until(() => agent.open() === 0, { what: 'the connection to close' });
    } finally {
      own.dispose();
      await agent.stop();
    }
  });

  test('a signature of another algorithm is not passed on', async () => {
    const weak = new WireWriter().string('ssh-rsa').string('sha-1').toBuffer();
    const agent = await startFakeAgent(() => framed(new WireWriter().byte(14).string(weak).toBuffer()));
    const own = client(agent.path);
    try {
      await expect(own.sign(Buffer.from('x'), Buffer.from('y'), 'rsa-sha2-512')).rejects.toMatchObject({
        code: 'malformed',
      });
    } finally {
      own.dispose();
      await agent.stop();
    }
  });

  test('abort ends a waiting request', async () => {
    const agent = await startFakeAgent(() => null);
    const own = client(agent.path);
    const stop = new AbortController();
    try {
      const failure = own.list(stop.signal).catch((error: unknown) => error);
      await until(() => agent.requests.length === 1, { what: 'the request' });
      stop.abort();
      expect(await failure).toMatchObject({ code: 'aborted' });
    } finally {
      own.dispose();
      await agent.stop();
    }
  });

  test('a message has at most 256 KiB, and a list 1,024 keys', async () => {
    const key = new WireWriter().string('ssh-ed25519').string(Buffer.alloc(32)).toBuffer();
    const many = (count: number): Buffer =>
      identities(...Array.from({ length: count }, (): [Buffer, string] => [key, ''])).subarray(4);
    expect(parseIdentities(many(1024))).toHaveLength(1024);
    expect(() => parseIdentities(many(1025))).toThrow(WireFormatError);
    const huge = Buffer.alloc(4);
    huge.writeUInt32BE(256 * 1024 + 1);
    const agent = await startFakeAgent(() => huge);
    try {
      await expect(client(agent.path).list()).rejects.toMatchObject({ code: expect.not.stringMatching(/^timeout$/) });
    } finally {
      owned.dispose();
      await agent.stop();
    }
  });

  test('answers are read without a surprise, whatever they are', () => {
    const key = new WireWriter().string('ssh-ed25519').string(Buffer.alloc(32)).toBuffer();
    const seeds = [
      identities([key, 'a'], [key, 'b']).subarray(4),
      new WireWriter()
        .byte(14)
        .string(new WireWriter().string('ssh-ed25519').string(Buffer.alloc(64)).toBuffer())
        .toBuffer(),
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
      .map(([seed, changes, cut]) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes.subarray(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        ),
        (payload) => {
          for (const parse of [parseIdentities, parseSignature]) {
            try {
              parse(payload);
            } catch (thrown) {
              if (!(thrown instanceof WireFormatError) && !(thrown instanceof AgentRefusal)) throw thrown;
            }
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('where agents are', () => {
  const pipes = ['docker', 'pageant.ME.0123abcd', 'pageant.you.4567', 'openssh-ssh-agent'];
  const windows = { platform: 'win32', env: { USERNAME: 'me' }, pipes: () => pipes } as const;
  const linux = { platform: 'linux', env: { SSH_AUTH_SOCK: '/run/agent' }, pipes: () => [] } as const;
  test.each([
    [false, linux, []],
    ['none', linux, []],
    [true, linux, ['/run/agent']],
    ['SSH_AUTH_SOCK', linux, ['/run/agent']],
    ['/other', linux, ['/other']],
    [true, { ...linux, env: {} }, []],
    ['pageant', linux, []],
    [true, windows, [windowsAgentPipe, '\\\\.\\pipe\\pageant.ME.0123abcd']],
    ['pageant', windows, ['\\\\.\\pipe\\pageant.ME.0123abcd']],
    [true, { ...windows, env: {} }, [windowsAgentPipe]],
    [
      true,
      {
        ...windows,
        pipes: () => {
          throw new Error('no');
        },
      },
      [windowsAgentPipe],
    ],
  ] as const)('%j', (setting, place, expected) => {
    expect(agentAddresses(setting, place)).toEqual(expected);
  });
});

import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import type { Handlers, Ssh2Seam } from '../../../src/main/engine/ssh/ssh2-seam.ts';
import { Ssh2Userauth } from '../../../src/main/engine/ssh/ssh2-userauth.ts';
import { WireReader, WireWriter } from '../../../src/main/engine/ssh/wire-format.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { hostFor } from '../../support/link-parts.ts';

/** A seam that keeps what is sent. */
function setup() {
  const handlers = {} as Handlers;
  const sent: { method: string | null; payload: Buffer }[] = [];
  const broken: HoldfastError[] = [];
  let forgotten = 0;
  const seam = {
    handlers,
    sessionId: Buffer.from('session-id'),
    send: (payload: Buffer) => sent.push({ method: null, payload: Buffer.from(payload) }),
    sendAuth: (method: string, payload: Buffer) => sent.push({ method, payload: Buffer.from(payload) }),
    forgetAuth: () => {
      forgotten += 1;
    },
  } as unknown as Ssh2Seam;
  const wire = new Ssh2Userauth(hostFor(22, { user: 'mé' }), seam, (error) => broken.push(error));
  const protocol = undefined as never;
  return {
    wire,
    sent,
    broken,
    forgotten: () => forgotten,
    fail: (methods: string[], partial = false) => handlers.USERAUTH_FAILURE(protocol, methods, partial),
    succeed: () => handlers.USERAUTH_SUCCESS(protocol),
    pkOk: () => handlers.USERAUTH_PK_OK(protocol, 'a', Buffer.alloc(0)),
    expire: () => handlers.USERAUTH_PASSWD_CHANGEREQ(protocol, 'too old'),
    ask: (...prompts: string[]) =>
      handlers.USERAUTH_INFO_REQUEST(
        protocol,
        'name',
        'do it',
        prompts.map((prompt) => ({ prompt, echo: false })),
      ),
    ext: (algs: string[]) => handlers.EXT_INFO(protocol, [{ name: 'server-sig-algs', algs }]),
  };
}

function head(reader: WireReader): [number, string, string, string] {
  return [reader.byte(), reader.text(), reader.text(), reader.text()];
}

const last = <T>(items: readonly T[]): T => {
  const item = items.at(-1);
  if (item === undefined) throw new Error('nothing there');
  return item;
};

describe('requests on the wire (RFC 4252, 4256)', () => {
  test('none, and a failure with what can go on', async () => {
    const { wire, sent, fail } = setup();
    const reply = wire.none();
    const reader = new WireReader(last(sent).payload);
    expect(head(reader)).toEqual([50, 'mé', 'ssh-connection', 'none']);
    reader.end();
    fail(['publickey', 'password'], true);
    expect(await reply).toEqual({ kind: 'failure', methods: ['publickey', 'password'], partial: true });
  });

  test('password, and one that is too old', async () => {
    const { wire, sent, expire } = setup();
    const reply = wire.password(Secret.from('pässword'));
    const reader = new WireReader(last(sent).payload);
    expect(head(reader)).toEqual([50, 'mé', 'ssh-connection', 'password']);
    expect([reader.boolean(), reader.text()]).toEqual([false, 'pässword']);
    reader.end();
    expire();
    expect(await reply).toEqual({ kind: 'password-expired', prompt: 'too old' });
  });

  test('a key is asked about, then used: blob and signature go unchanged, also of certificates and sk keys', async () => {
    const { wire, sent, pkOk, succeed } = setup();
    const algorithm = 'sk-ssh-ed25519-cert-v01@openssh.com';
    const blob = Buffer.from('any blob');
    const probe = wire.probeKey(algorithm, blob);
    let reader = new WireReader(last(sent).payload);
    expect(head(reader)[3]).toBe('publickey');
    expect([reader.boolean(), reader.text(), reader.string()]).toEqual([false, algorithm, blob]);
    reader.end();
    pkOk();
    expect(await probe).toEqual({ kind: 'key-acceptable' });
    const signature = new WireWriter().string('sk-ssh-ed25519@openssh.com').string('sig').byte(5).uint32(7).toBuffer();
    const signed: Buffer[] = [];
    const reply = wire.signKey(algorithm, blob, (data) => {
      signed.push(Buffer.from(data));
      return Promise.resolve(signature);
    });
    await Promise.resolve();
    await Promise.resolve();
    const { payload } = last(sent);
    reader = new WireReader(payload);
    head(reader);
    expect([reader.boolean(), reader.text(), reader.string()]).toEqual([true, algorithm, blob]);
    const signedLength = payload.length - reader.remaining;
    expect(reader.string()).toEqual(signature);
    reader.end();
    // RFC 4252 section 7: the session identifier as a string, then the request up to the key blob.
    expect(signed).toEqual([new WireWriter().string('session-id').raw(payload.subarray(0, signedLength)).toBuffer()]);
    succeed();
    expect(await reply).toEqual({ kind: 'success' });
    expect(wire.isDone).toBe(true);
  });

  test('keyboard-interactive: several rounds, one without prompts', async () => {
    const { wire, sent, ask, succeed } = setup();
    const asked: string[][] = [];
    const reply = wire.keyboardInteractive((request) => {
      asked.push(request.prompts.map(({ prompt }) => prompt));
      return Promise.resolve(request.prompts.map((_, index) => Secret.from(`answer ${index}`)));
    });
    const reader = new WireReader(last(sent).payload);
    expect(head(reader)[3]).toBe('keyboard-interactive');
    expect([reader.text(), reader.text()]).toEqual(['', '']);
    reader.end();
    ask('one', 'two');
    await new Promise((resolve) => setImmediate(resolve));
    expect(last(sent)).toEqual({
      method: null,
      payload: new WireWriter().byte(61).uint32(2).string('answer 0').string('answer 1').toBuffer(),
    });
    ask();
    await new Promise((resolve) => setImmediate(resolve));
    expect(last(sent).payload).toEqual(new WireWriter().byte(61).uint32(0).toBuffer());
    succeed();
    expect(await reply).toEqual({ kind: 'success' });
    expect(asked).toEqual([['one', 'two'], []]);
  });

  test('an unanswered round rejects and leaves the way free for the next request', async () => {
    const { wire, ask, fail, forgotten } = setup();
    const reply = wire.keyboardInteractive(() => Promise.reject(new Error('cancelled')));
    ask('code');
    await expect(reply).rejects.toThrow('cancelled');
    expect(forgotten()).toBe(1);
    const next = wire.none();
    fail(['password']);
    expect((await next).kind).toBe('failure');
  });
});

describe('a server that does not keep to the order', () => {
  test.each(['success', 'failure', 'pk-ok', 'info', 'expired'] as const)('unasked %s breaks the session', (what) => {
    const { broken, succeed, fail, pkOk, ask, expire } = setup();
    const say = { success: succeed, failure: () => fail([]), 'pk-ok': pkOk, info: () => ask('x'), expired: expire };
    say[what]();
    expect(broken.map(({ code }) => code)).toEqual(['protocol']);
  });

  test('a key that is called acceptable where it was to be used', async () => {
    const { wire, broken, pkOk } = setup();
    void wire.signKey('ssh-ed25519', Buffer.alloc(1), () => Promise.resolve(Buffer.alloc(1))).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    pkOk();
    expect(broken).toHaveLength(1);
  });

  test('questions where a password was sent', () => {
    const { wire, broken, ask } = setup();
    void wire.password(Secret.from('x')).catch(() => {});
    ask('give me another');
    expect(broken).toHaveLength(1);
  });
});

test('a lost link rejects what is under way and what comes later', async () => {
  const { wire } = setup();
  const error = new HoldfastError({ code: 'closed-early', where: 'x', message: 'gone', next: 'again' });
  const reply = wire.none();
  wire.fail(error);
  await expect(reply).rejects.toBe(error);
  await expect(wire.none()).rejects.toBe(error);
});

test('server-sig-algs: none, the first, the later one', () => {
  const { wire, ext } = setup();
  expect(wire.serverSigAlgs).toBeNull();
  ext(['rsa-sha2-256']);
  expect(wire.serverSigAlgs).toEqual(['rsa-sha2-256']);
  ext(['rsa-sha2-256', 'ssh-ed25519']);
  expect(wire.serverSigAlgs).toEqual(['rsa-sha2-256', 'ssh-ed25519']);
});

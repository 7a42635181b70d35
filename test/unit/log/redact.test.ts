import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { Redactor } from '../../../src/main/engine/log/redact.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';

function redactorWith(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.hide(Secret.from(secret));
  return redactor;
}

describe('known secrets', () => {
  test('are taken out of texts, fields, lists, maps and keys', () => {
    const redactor = redactorWith('hunter2!');
    const value = {
      plain: 'it was hunter2! again',
      list: ['hunter2!', { deep: ['x hunter2! y'] }],
      map: new Map<unknown, unknown>([['hunter2!', 'hunter2!']]),
      set: new Set(['hunter2!']),
      'hunter2!': 1,
      secret: Secret.from('something else'),
    };
    const text = JSON.stringify(redactor.value(value));
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('something else');
    expect(text).toContain('it was [secret] again');
  });

  test('are taken out of errors, their causes, their stacks and their fields', () => {
    const redactor = redactorWith('s3cr3t-pass');
    const inner = Object.assign(new Error('login with s3cr3t-pass'), {
      command: 'sshpass -p s3cr3t-pass',
      code: 'EACCES',
    });
    const error = new HoldfastError({
      code: 'auth-failed',
      where: 'bastion',
      message: 'The server refused s3cr3t-pass.',
      next: 'Type it again.',
      cause: new AggregateError([inner, new Error('other')], 's3cr3t-pass twice', { cause: inner }),
    });
    const plain = redactor.value({ error });
    const text = JSON.stringify(plain);
    expect(text).not.toContain('s3cr3t');
    expect(plain).toMatchObject({
      error: {
        name: 'HoldfastError',
        code: 'auth-failed',
        message: 'The server refused [secret].',
        cause: { errors: [{ code: 'EACCES', command: 'sshpass -p [secret]' }, { message: 'other' }] },
      },
    });
  });

  test('are found in other spellings: JSON, URI, base64, hex, shell quotes', () => {
    const secret = 'pä"ss wörd\\\'1';
    const redactor = redactorWith(secret);
    const bytes = Buffer.from(secret);
    for (const spelling of [
      JSON.stringify({ answer: secret }),
      `https://x/?q=${encodeURIComponent(secret)}`,
      `blob ${bytes.toString('base64')}`,
      `blob ${bytes.toString('base64url')}`,
      `blob ${bytes.toString('hex')}`,
      `'${secret.replaceAll("'", "'\\''")}'`,
    ]) {
      const out = redactor.text(spelling);
      expect(out, spelling).toContain('[secret]');
      expect(out).not.toContain('wörd');
    }
  });

  test('a short one is replaced only where it stands alone', () => {
    const redactor = redactorWith('a', '42');
    expect(redactor.text('a banana is not a')).toBe('[secret] banana is not [secret]');
    expect(redactor.text('port 4242, answer 42')).toBe('port 4242, answer [secret]');
    expect(redactor.value({ n: 42, m: 4242 })).toEqual({ n: '[secret]', m: 4242 });
  });

  test('stay hidden when the original is wiped, and the newest 512 are kept', () => {
    const redactor = new Redactor();
    const first = Secret.from('first-secret');
    redactor.hide(first);
    first.wipe();
    expect(redactor.text('first-secret')).toBe('[secret]');
    for (let n = 0; n < 511; n += 1) redactor.hide(Secret.from(`code-${n}-x`));
    expect(redactor.text('first-secret')).toBe('[secret]');
    redactor.hide(Secret.from('first-secret'));
    redactor.hide(Secret.from('code-new'));
    expect(redactor.text('first-secret code-0-x code-1-x')).toBe('[secret] code-0-x [secret]');
  });

  test('property: a hidden value is nowhere in the output, however it is nested', () => {
    fc.assert(
      fc.property(
        fc
          .string({ minLength: 4, maxLength: 40, unit: 'grapheme' })
          .filter((s) => !'[secret] [circular] [deep]'.includes(s)),
        fc.string({ maxLength: 20 }),
        fc.integer({ min: 0, max: 4 }),
        (secret, around, depth) => {
          const redactor = redactorWith(secret);
          let value: unknown = `${around}${secret}${around}`;
          for (let level = 0; level < depth; level += 1)
            value =
              level % 3 === 0
                ? { v: value }
                : level % 3 === 1
                  ? [value]
                  : Object.assign(new Error(String(value)), { v: value });
          const leaves: string[] = [];
          JSON.stringify(redactor.value(value), (_, leaf: unknown) => {
            if (typeof leaf === 'string') leaves.push(leaf);
            return leaf;
          });
          // Stacks hold file names and line numbers, which a random secret may equal by chance only.
          for (const leaf of leaves) expect(leaf.split('\n    at ')[0]).not.toContain(secret);
        },
      ),
    );
  });
});

describe('what looks like a secret', () => {
  const redactor = new Redactor();

  test.each([
    ['password=hunter2 next', 'password=[secret] next'],
    ['{"passphrase": "a \\"b\\" c", "x": 1}', '{"passphrase": [secret], "x": 1}'],
    ["token: 'ab cd'; more", 'token: [secret]; more'],
    ['sshpass --password hunter2 host', 'sshpass --password [secret] host'],
    ['socks5://me:hunter2@proxy:1080', 'socks5://me:[secret]@proxy:1080'],
    ['Proxy-Authorization: Basic bWU6eA==', 'Proxy-Authorization: Basic [secret]'],
    ['Permission denied (publickey,password).', 'Permission denied (publickey,password).'],
    ['ssh://me@host:22', 'ssh://me@host:22'],
  ])('%s', (text, expected) => {
    expect(redactor.text(text)).toBe(expected);
  });

  test('private keys, whole or cut', () => {
    const body = 'b3BlbnNzaC1rZXktdjEAAAAA\nAAAAAA';
    const pem = `x -----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY----- y`;
    expect(redactor.text(pem)).toBe('x [secret] y');
    expect(redactor.text(`-----BEGIN RSA PRIVATE KEY-----\n${body}`)).toBe('[secret]');
    expect(redactor.text(`Public-Lines: 1\nAAAA\nPrivate-Lines: 1\nBBBB\nPrivate-MAC: 12`)).not.toContain('BBBB');
    expect(JSON.stringify(redactor.value(Buffer.from(pem)))).toBe(`"[${Buffer.byteLength(pem)} bytes]"`);
  });

  test('fields by their name', () => {
    expect(
      redactor.value({
        password: 'x',
        newPassword: 'y',
        'api-token': 12,
        otp: '123456',
        passphrase: null,
        mayPassword: true,
        user: 'me',
      }),
    ).toEqual({
      password: '[secret]',
      newPassword: '[secret]',
      'api-token': '[secret]',
      otp: '[secret]',
      passphrase: null,
      mayPassword: true,
      user: 'me',
    });
  });
});

describe('any value', () => {
  test('cycles, getters that throw, proxies, strange numbers and deep things', () => {
    const redactor = new Redactor();
    const cycle: Record<string, unknown> = { a: 1n, f: () => 1, nan: Number.NaN, date: new Date(0), none: undefined };
    cycle['self'] = cycle;
    Object.defineProperty(cycle, 'bad', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(redactor.value(cycle)).toEqual({
      a: '1',
      f: '[function]',
      nan: 'NaN',
      date: '1970-01-01T00:00:00.000Z',
      none: null,
      self: '[circular]',
      bad: '[unreadable]',
    });
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(redactor.value({ hostile })).toEqual({ hostile: '[unreadable]' });
    let deep: unknown = 'end';
    for (let n = 0; n < 50; n += 1) deep = { deep };
    expect(JSON.stringify(redactor.value(deep))).toContain('[deep]');
    const long = redactor.value(Array.from({ length: 150 }, () => 1));
    expect(long).toHaveLength(101);
  });

  test('control characters of outside texts are shown, not obeyed', () => {
    expect(new Redactor().text('a\u001b[2Jb\u202ec')).toBe('a\\033[2Jb\\u{202e}c');
  });

  test('property: never throws, always plain JSON', () => {
    const redactor = redactorWith('abcd', 'x');
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (value) => {
          const plain = redactor.value(value);
          expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
        },
      ),
      { examples: [[-0]] },
    );
  });
});

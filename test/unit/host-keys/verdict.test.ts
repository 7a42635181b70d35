import { describe, expect, test } from 'vitest';
import { lookupNamesOf } from '../../../src/main/engine/host-keys/host-names.ts';
import { parseKnownHosts } from '../../../src/main/engine/host-keys/known-hosts-file.ts';
import { readPublicKey } from '../../../src/main/engine/host-keys/public-key.ts';
import { findLines, judge, orderAlgorithms } from '../../../src/main/engine/host-keys/verdict.ts';
import { ecdsa, ed25519, field, hashed, keyText, rsa } from './fixtures.ts';

const right = ed25519('right');
const wrong = ed25519('wrong');
const K = keyText(right);
const W = keyText(wrong);
const R = keyText(rsa('r'));

interface Asked {
  readonly address?: string;
  readonly port?: number;
  readonly alias?: string;
  readonly key?: Buffer;
}

/** The verdict on `right` (unless told otherwise) for host `h` in short form; `ok-without-port` for the fallback. */
function verdict(files: string | readonly string[], asked: Asked = {}): string {
  const parsed = [files].flat().map((text, i) => parseKnownHosts(`file${i}`, Buffer.from(text, 'utf8')));
  const key = readPublicKey(asked.key ?? right);
  if (key === null) throw new Error('the test has a bad key');
  const names = lookupNamesOf({
    address: asked.address ?? 'h',
    port: asked.port ?? 22,
    hostKeyAlias: asked.alias ?? null,
  });
  const found = judge(parsed, names, key);
  return found.kind === 'ok' && found.withoutPort ? 'ok-without-port' : found.kind;
}

describe('names', () => {
  test.each<[string, string, string, Asked]>([
    ['bare name', `h ${K}\n`, 'ok', {}],
    ['typed in capitals', `h ${K}\n`, 'ok', { address: 'H' }],
    ['capitals in the file', `HOST ${K}\n`, 'ok', { address: 'host' }],
    ['hash of a name in capitals', `${hashed('HOST')} ${K}\n`, 'unknown', { address: 'HOST' }],
    ['hashed', `${hashed('h')} ${K}\n`, 'ok', {}],
    ['hashed with port', `${hashed('[h]:2222')} ${K}\n`, 'ok', { port: 2222 }],
    ['hash and comma', `${hashed('h')},h ${K}\n`, 'unknown', {}],
    ['unknown hash version', `|2|${hashed('h').slice(3)} ${K}\nh ${K}\n`, 'ok', {}],
    ['salt of another length', `|1|AAAA|AAAA ${K}\nh ${K}\n`, 'ok', {}],
    ['[h]:22 for port 22', `[h]:22 ${K}\n`, 'unknown', {}],
    ['[h]:port', `[h]:2222 ${K}\n`, 'ok', { port: 2222 }],
    ['alias carries no port', `alias ${K}\n`, 'ok', { alias: 'alias', port: 2222 }],
    ['alias with port in the file', `[alias]:2222 ${K}\n`, 'unknown', { alias: 'alias', port: 2222 }],
    ['alias is lower-cased', `alias ${K}\n`, 'ok', { alias: 'ALIAS' }],
    ['star spans dots', `*.org ${K}\n`, 'ok', { address: 'a.b.org' }],
    ['star spans nothing', `h*h ${K}\n`, 'ok', { address: 'hh' }],
    ['question mark is one', `h? ${K}\n`, 'unknown', {}],
    ['brackets are literal', `[ah] ${K}\n`, 'unknown', {}],
    ['negation after', `*,!h ${K}\n`, 'unknown', {}],
    ['negation before', `!h,* ${K}\n`, 'unknown', {}],
    ['negation alone', `!x ${K}\n`, 'unknown', {}],
    ['negated line with another key', `*,!h ${W}\n`, 'unknown', {}],
    ['[h]:*', `[h]:* ${K}\n`, 'ok', { port: 2222 }],
    ['[*.d]:port', `[*.d]:2222 ${K}\n`, 'ok', { address: 'a.d', port: 2222 }],
    ['* with another key and a port', `* ${W}\n`, 'changed', { port: 2222 }],
    ['name and space', `h, h2 ${K}\n`, 'unknown', {}],
    ['empty name in the list', `,h ${K}\n`, 'ok', {}],
    ['long and short IPv6', `0:0:0:0:0:0:0:1 ${K}\n`, 'unknown', { address: '::1' }],
    ['IPv6 with port', `[::1]:2222 ${K}\n`, 'ok', { address: '::1', port: 2222 }],
    ['trailing dot', `h. ${K}\n`, 'unknown', {}],
    ['beyond ASCII', `höst ${K}\n`, 'ok', { address: 'höst' }],
    ['pattern of 1022 bytes', `${'*'.repeat(1021)}h ${K}\n`, 'ok', {}],
    ['pattern of 1023 bytes', `h,${'*'.repeat(1022)}h ${K}\n`, 'unknown', {}],
    ['2,000 names', `${Array.from({ length: 2000 }, (_, i) => `n${i}`).join(',')},h ${K}\n`, 'ok', {}],
  ])('%s', (_what, file, expected, asked) => {
    expect(verdict(file, asked)).toBe(expected);
  });
});

describe('keys', () => {
  test.each<[string, string | string[], string, Asked]>([
    ['first of two', `h ${K}\nh ${W}\n`, 'ok', {}],
    ['second of two', `h ${W}\nh ${K}\n`, 'ok', {}],
    ['only in the second file', [`x ${K}\n`, `h ${K}\n`], 'ok', {}],
    ['wrong in the first file, right in the second', [`h ${W}\n`, `h ${K}\n`], 'ok', {}],
    ['another key', `h ${W}\n`, 'changed', {}],
    ['another type', `h ${R}\n`, 'changed', {}],
    ['authority key without its marker', `h ${keyText(ed25519('ca'))}\n`, 'changed', {}],
    ['label rsa-sha2-512', `h rsa-sha2-512 ${rsa('r').toString('base64')}\n`, 'ok', { key: rsa('r') }],
    [
      'superfluous zeros in the file',
      `h ssh-rsa ${rsa('r', 2048, 'ssh-rsa', 4).toString('base64')}\n`,
      'ok',
      { key: rsa('r') },
    ],
    [
      'revoked with superfluous zeros',
      `h ${R}\n@revoked h ssh-rsa ${rsa('r', 2048, 'ssh-rsa', 4).toString('base64')}\n`,
      'revoked',
      { key: rsa('r') },
    ],
    ['ECDSA', `h ${keyText(ecdsa('a'))}\n`, 'ok', { key: ecdsa('a') }],
  ])('%s', (_what, file, expected, asked) => {
    expect(verdict(file, asked)).toBe(expected);
  });
});

describe('ports', () => {
  test.each<[string, string, string]>([
    ['bare name, same key', `h ${K}\n`, 'ok-without-port'],
    ['bare name, another key', `h ${W}\n`, 'unknown'],
    ['own port wrong, bare right', `[h]:2222 ${W}\nh ${K}\n`, 'changed'],
    ['own port right, bare wrong', `[h]:2222 ${K}\nh ${W}\n`, 'ok'],
    ['own port right, bare revoked (stricter than ssh)', `[h]:2222 ${K}\n@revoked h ${K}\n`, 'revoked'],
    ['bare revoked (stricter than ssh)', `@revoked h ${K}\n`, 'revoked'],
    ['authority for the bare name', `@cert-authority h ${W}\n`, 'certificate'],
    ['authority for the port, bare name right', `@cert-authority [h]:2222 ${W}\nh ${K}\n`, 'ok-without-port'],
  ])('%s', (_what, file, expected) => {
    expect(verdict(file, { port: 2222 })).toBe(expected);
  });
});

describe('markers', () => {
  test.each<[string, string | string[], string]>([
    ['revoked', `@revoked h ${K}\n`, 'revoked'],
    ['revoked beats ok', `h ${K}\n@revoked h ${K}\n`, 'revoked'],
    ['revoked beats changed', `h ${W}\n@revoked * ${K}\n`, 'revoked'],
    ['revoked in the second file', [`h ${K}\n`, `@revoked * ${K}\n`], 'revoked'],
    ['another key revoked', `h ${K}\n@revoked h ${W}\n`, 'ok'],
    ['revoked for another name', `h ${K}\n@revoked x ${K}\n`, 'ok'],
    ['a certificate of the key is revoked', `h ${K}\n@revoked h ${keyText(certificateOf('right'))}\n`, 'revoked'],
    ['revoked and a tab (stricter than ssh)', `h ${K}\n@revoked\t* ${K}\n`, 'revoked'],
    ['revoked and tabs alone', `h ${K}\n@revoked\th\t${K.replace(' ', '\t')}\n`, 'revoked'],
    ['marker in capitals', `h ${K}\n@REVOKED h ${K}\n`, 'ok'],
    ['two markers', `h ${K}\n@revoked @cert-authority h ${K}\n`, 'ok'],
    ['unknown marker', `@trusted h ${K}\n`, 'unknown'],
    ['marker alone', `@revoked\nh ${K}\n`, 'ok'],
    ['authority', `@cert-authority h ${W}\n`, 'certificate'],
    ['authority with this very key', `@cert-authority h ${K}\n`, 'certificate'],
    ['authority and the plain key', `@cert-authority h ${W}\nh ${K}\n`, 'ok'],
    ['authority and another plain key', `@cert-authority h ${K}\nh ${W}\n`, 'changed'],
    ['authority for others', `@cert-authority *.org ${W}\n`, 'unknown'],
    ['authority with a broken key', `@cert-authority h ssh-ed25519 AAAA\n`, 'unknown'],
  ])('%s', (_what, file, expected) => {
    expect(verdict(file)).toBe(expected);
  });
});

function certificateOf(seed: string): Buffer {
  const key = ed25519(seed);
  return Buffer.concat([field('ssh-ed25519-cert-v01@openssh.com'), field('nonce'), key.subarray(15), Buffer.alloc(40)]);
}

describe('lines', () => {
  const blob = right.toString('base64');
  test.each<[string, string, string]>([
    ['CRLF', `h ${K}\r\n`, 'ok'],
    ['CRLF and a comment', `h ${K} comment\r\n\r\n`, 'ok'],
    ['CR alone', `x ${K}\rh ${K}\r`, 'unknown'],
    ['BOM loses the first line only', `\uFEFFh ${K}\n`, 'unknown'],
    ['BOM, second line', `\uFEFFh ${K}\nh ${K}\n`, 'ok'],
    ['NUL cuts its line only', `x\0y ${K}\nh ${K}\n`, 'ok'],
    ['NUL right behind the names counts as a blank', `h\0${W}\n`, 'changed'],
    ['NUL right behind revoked names', `h ${K}\n@revoked h\0${K}\0junk\n`, 'revoked'],
    ['NUL right behind the marker', `h ${K}\n@revoked\0h ${K}\n`, 'ok'],
    ['NUL behind the key', `h ${K}\0 junk\n`, 'ok'],
    ['no newline at the end', `h ${K}`, 'ok'],
    ['blanks in front', ` \t h \t ${K}\n`, 'ok'],
    ['1 MB of comment', `h ${K} ${'c'.repeat(1 << 20)}\n`, 'ok'],
    ['1 MB of garbage before', `${'g'.repeat(1 << 20)}\nh ${K}\n`, 'ok'],
    ['commented out', `# h ${K}\n`, 'unknown'],
    ['name only', `h\nh ${K}\n`, 'ok'],
    ['name only is not a key', `h\n`, 'unknown'],
    ['no blob', `h ssh-ed25519\n`, 'unknown'],
    ['bad base64', `h ssh-ed25519 ${blob.slice(0, 20)}!${blob.slice(21)}\n`, 'unknown'],
    ['cut base64', `h ssh-ed25519 ${blob.slice(0, -1)}\n`, 'unknown'],
    [
      'trailing bytes in the blob',
      `h ssh-ed25519 ${Buffer.concat([right, Buffer.alloc(3)]).toString('base64')}\n`,
      'unknown',
    ],
    ['unknown type', `h ssh-new ${blob}\n`, 'unknown'],
    ['type and blob differ', `h ssh-rsa ${blob}\n`, 'unknown'],
    ['curve and blob differ', `h ecdsa-sha2-nistp384 ${ecdsa('a').toString('base64')}\n`, 'unknown'],
    ['type in capitals', `h SSH-ED25519 ${blob}\n`, 'unknown'],
    ['SSH 1', `h 1024 35 1234567890\n`, 'unknown'],
    ['short RSA', `h ${keyText(rsa('s', 1016))}\n`, 'unknown'],
    ['point off the curve', `h ecdsa-sha2-nistp256 ${offCurve().toString('base64')}\n`, 'unknown'],
    ['broken lines do not hide good ones', `h ssh-ed25519 ${blob.slice(1)}\nh ${K}\n`, 'ok'],
  ])('%s', (_what, file, expected) => {
    expect(verdict(file)).toBe(expected);
  });

  test('UTF-16 is garbage', () => {
    const file = parseKnownHosts('f', Buffer.from(`\uFEFFh ${K}\n`, 'utf16le'));
    const key = readPublicKey(right);
    expect(key && judge([file], { lookup: 'h', withoutPort: null }, key).kind).toBe('unknown');
  });
});

function offCurve(): Buffer {
  const blob = Buffer.from(ecdsa('off'));
  blob[blob.length - 1] = (blob[blob.length - 1] ?? 0) ^ 1;
  return blob;
}

describe('order of algorithms', () => {
  const supported = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'rsa-sha2-512', 'rsa-sha2-256'];
  const ordered = (text: string, list = supported): readonly string[] =>
    orderAlgorithms(list, findLines([parseKnownHosts('f', Buffer.from(text))], 'h'));

  test('nothing known: as it is', () => expect(ordered('')).toEqual(supported));
  test('best known: as it is', () => expect(ordered(`h ${K}\nh ${R}\n`)).toEqual(supported));
  test('RSA known comes first, in both signatures', () =>
    expect(ordered(`h ${R}\n`)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
    ]));
  test('ssh-rsa only where it is supported', () =>
    expect(ordered(`h ${R}\n`, ['ssh-ed25519', 'rsa-sha2-512', 'ssh-rsa'])).toEqual([
      'rsa-sha2-512',
      'ssh-rsa',
      'ssh-ed25519',
    ]));
  test('only the curve that is known', () =>
    expect(ordered(`h ${keyText(ecdsa('a'))}\n`)[0]).toBe('ecdsa-sha2-nistp256'));
  test('a revoked key is not known', () => expect(ordered(`h ${R}\n@revoked h ${R}\n`)).toEqual(supported));
  test('authority lines do not count', () => expect(ordered(`@cert-authority h ${R}\n`)).toEqual(supported));
});

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { hashName, toByteName } from '../../src/main/engine/host-keys/host-names.ts';

/** Keys of the server (`type base64`), and others of the same types that it does not have. */
export interface CorpusKeys {
  readonly ed25519: string;
  readonly ecdsa: string;
  readonly rsa: string;
  readonly wrongEd25519: string;
  readonly wrongEcdsa: string;
  readonly wrongRsa: string;
  /** A real certificate of the server's Ed25519 key. */
  readonly certificate: string;
}

/** One connection to judge: what the files hold and how the host is called. */
export interface CorpusCase {
  readonly row: string;
  readonly user: string;
  readonly global?: string;
  readonly host?: string;
  readonly port?: number;
  readonly alias?: string;
  /** Why we may be stricter than ssh here. */
  readonly stricter?: string;
}

export const corpusHost = 'h.example.test';

/** A seeded generator (mulberry32), so that a failure can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

export function hashOf(name: string): string {
  return hashName(toByteName(name), randomBytes(20));
}

/** Every row of the known_hosts table, with the values at its edges. Text is one byte a character. */
export function tableCases(k: CorpusKeys): CorpusCase[] {
  const h = corpusHost;
  const K = k.ed25519;
  const W = k.wrongEd25519;
  const blob = K.split(' ')[1] ?? '';
  const spoil = (at: number, by: string): string => `ssh-ed25519 ${blob.slice(0, at)}${by}${blob.slice(at + 1)}`;
  const rsaBlob = k.rsa.split(' ')[1] ?? '';
  const trailing = Buffer.concat([Buffer.from(blob, 'base64'), Buffer.alloc(3)]).toString('base64');
  const rows: [string, string, Omit<CorpusCase, 'row' | 'user'>?][] = [
    ['name: bare', `${h} ${K}\n`],
    ['name: typed in capitals', `${h} ${K}\n`, { host: h.toUpperCase() }],
    ['name: capitals in the file', `${h.toUpperCase()} ${K}\n`],
    ['name: alias', `alias ${K}\n`, { alias: 'alias' }],
    ['name: alias in capitals', `alias ${K}\n`, { alias: 'ALIAS' }],
    ['name: alias ignores the port', `alias ${K}\n`, { alias: 'alias', port: 2222 }],
    ['name: alias with port in the file', `[alias]:2222 ${K}\n`, { alias: 'alias', port: 2222 }],
    ['name: alias has no fallback to the host', `${h} ${K}\n`, { alias: 'alias' }],
    ['name: [host]:22', `[${h}]:22 ${K}\n`],
    ['name: [host]:22 with a bare line', `[${h}]:22 ${W}\n${h} ${K}\n`],
    ['name: nothing', ''],
    ['name: someone else', `other ${K}\n`],
    ['name: prefix', `h.example ${K}\n`],
    ['name: trailing dot', `${h}. ${K}\n`],
    ['name: space in the list', `${h}, other ${K}\n`],
    ['name: empty first', `,${h} ${K}\n`],
    ['name: doubled comma', `a,,${h} ${K}\n`],
    ['name: 2,000', `${Array.from({ length: 2000 }, (_, i) => `n${i}`).join(',')},${h} ${K}\n`],
    ['name: bytes beyond ASCII', `\xc3\xb6,${h} ${K}\n`],
    ['hash: of the name', `${hashOf(h)} ${K}\n`],
    ['hash: of the name with another key', `${hashOf(h)} ${W}\n`],
    ['hash: of another name', `${hashOf('x')} ${K}\n`],
    ['hash: of a name in capitals', `${hashName(h.toUpperCase())} ${K}\n`],
    ['hash: with port', `${hashOf(`[${h}]:2222`)} ${K}\n`, { port: 2222 }],
    ['hash: fallback', `${hashOf(h)} ${K}\n`, { port: 2222 }],
    ['hash: and a comma', `${hashOf(h)},${h} ${K}\n`],
    ['hash: cut', `${hashOf(h).slice(0, -3)} ${K}\n`],
    ['hash: short salt', `|1|AAAA|AAAA ${K}\n${h} ${K}\n`],
    ['hash: version 2', `|2|${hashOf(h).slice(3)} ${K}\n${h} ${K}\n`],
    ['hash: revoked', `@revoked ${hashOf(h)} ${K}\n${h} ${K}\n`],
    ['wildcard: star over dots', `*.test ${K}\n`],
    ['wildcard: star over nothing', `h*.example.test ${K}\n`],
    ['wildcard: only a star', `* ${K}\n`],
    ['wildcard: many stars', `*e*e*t*t*t* ${K}\n*e*e*t*t* ${K}\n`],
    ['wildcard: question mark', `?.example.test ${K}\n`],
    ['wildcard: question mark is not nothing', `?${h} ${K}\n`],
    ['wildcard: brackets are literal', `[h].example.test ${K}\n`],
    ['wildcard: another key', `*.test ${W}\n`],
    ['negation: after', `*.test,!${h} ${K}\n`],
    ['negation: before', `!${h},* ${K}\n`],
    ['negation: alone', `!other ${K}\n`],
    ['negation: of another', `*,!other ${K}\n`],
    ['negation: with another key', `*,!${h} ${W}\n`],
    ['negation: doubled', `*,!!${h} ${K}\n`],
    ['pattern: 1022 bytes', `${'*'.repeat(1022 - h.length)}${h} ${K}\n`],
    ['pattern: 1023 bytes', `${'*'.repeat(1023 - h.length)}${h} ${K}\n`],
    ['pattern: long one behind a match', `${h},${'x'.repeat(1023)} ${K}\n`],
    ['pattern: long one behind a negation', `!${h},${'x'.repeat(1023)},* ${K}\n`],
    ['port: own', `[${h}]:2222 ${K}\n`, { port: 2222 }],
    ['port: another', `[${h}]:2223 ${K}\n`, { port: 2222 }],
    ['port: [h]:*', `[${h}]:* ${K}\n`, { port: 2222 }],
    ['port: [*.d]:port', `[*.test]:2222 ${K}\n`, { port: 2222 }],
    ['port: star with another key', `* ${W}\n`, { port: 2222 }],
    ['port: fallback, same key', `${h} ${K}\n`, { port: 2222 }],
    ['port: fallback, another key', `${h} ${W}\n`, { port: 2222 }],
    ['port: fallback, another type', `${h} ${k.wrongRsa}\n`, { port: 2222 }],
    ['port: fallback, RSA known, not asked for', `${h} ${k.rsa}\n`, { port: 2222 }],
    ['port: own wrong, bare right', `[${h}]:2222 ${W}\n${h} ${K}\n`, { port: 2222 }],
    ['port: own right, bare wrong', `[${h}]:2222 ${K}\n${h} ${W}\n`, { port: 2222 }],
    ['port: bare revoked', `@revoked ${h} ${K}\n`, { port: 2222, stricter: 'revoked for the bare name' }],
    [
      'port: bare revoked, own right',
      `@revoked ${h} ${K}\n[${h}]:2222 ${K}\n`,
      { port: 2222, stricter: 'revoked for the bare name' },
    ],
    ['IPv6: short', `::1 ${K}\n`, { host: '::1' }],
    ['IPv6: long', `0:0:0:0:0:0:0:1 ${K}\n`, { host: '::1' }],
    ['IPv6: with port', `[::1]:2222 ${K}\n`, { host: '::1', port: 2222 }],
    ['keys: first of two', `${h} ${K}\n${h} ${W}\n`],
    ['keys: second of two', `${h} ${W}\n${h} ${K}\n`],
    ['keys: in the global file', '', { global: `${h} ${K}\n` }],
    ['keys: wrong in the user file, right in the global', `${h} ${W}\n`, { global: `${h} ${K}\n` }],
    ['keys: right in the user file, wrong in the global', `${h} ${K}\n`, { global: `${h} ${W}\n` }],
    ['keys: wrong', `${h} ${W}\n`],
    ['keys: other types only, wrong', `${h} ${k.wrongRsa}\n`],
    ['keys: authority key without marker', `${h} ${k.wrongEcdsa}\n`],
    ['keys: a certificate without marker', `${h} ${k.certificate}\n`],
    ['keys: a certificate beside the key', `${h} ${k.certificate}\n${h} ${K}\n`],
    ['order: only RSA', `${h} ${k.rsa}\n`],
    ['order: only ECDSA', `${h} ${k.ecdsa}\n`],
    ['order: RSA and ECDSA', `${h} ${k.rsa}\n${h} ${k.ecdsa}\n`],
    ['order: wrong Ed25519, right RSA', `${h} ${W}\n${h} ${k.rsa}\n`],
    ['order: wrong RSA, right ECDSA', `${h} ${k.wrongRsa}\n${h} ${k.ecdsa}\n`],
    ['order: wrong ECDSA, right RSA', `${h} ${k.wrongEcdsa}\n${h} ${k.rsa}\n`],
    ['order: RSA revoked', `${h} ${k.rsa}\n@revoked ${h} ${k.rsa}\n`],
    ['order: RSA revoked, ECDSA known', `${h} ${k.rsa}\n@revoked ${h} ${k.rsa}\n${h} ${k.ecdsa}\n`],
    ['order: a second RSA key after a revoked one', `${h} ${k.wrongRsa}\n${h} ${k.rsa}\n@revoked * ${k.wrongRsa}\n`],
    ['order: Ed25519 wrong in the global file, RSA right', `${h} ${k.rsa}\n`, { global: `${h} ${W}\n` }],
    ['RSA: label rsa-sha2-512', `${h} rsa-sha2-512 ${rsaBlob}\n`],
    ['RSA: label rsa-sha2-256', `${h} rsa-sha2-256 ${rsaBlob}\n`],
    ['revoked: alone', `@revoked ${h} ${K}\n`],
    ['revoked: beats ok', `${h} ${K}\n@revoked ${h} ${K}\n`],
    ['revoked: beats changed', `${h} ${W}\n@revoked * ${K}\n`],
    ['revoked: from the global file', `${h} ${K}\n`, { global: `@revoked * ${K}\n` }],
    ['revoked: another key', `${h} ${K}\n@revoked ${h} ${W}\n`],
    ['revoked: another name', `${h} ${K}\n@revoked other ${K}\n`],
    ['revoked: a certificate of the key', `${h} ${K}\n@revoked ${h} ${k.certificate}\n`],
    ['revoked: negated', `${h} ${K}\n@revoked *,!${h} ${K}\n`],
    ['revoked: broken line', `${h} ${K}\n@revoked ${h} ${spoil(30, '!')}\n`],
    ['marker: tab, space later', `${h} ${K}\n@revoked\t* ${K}\n`, { stricter: 'a tab after the marker' }],
    ['marker: tabs alone', `${h} ${K}\n@revoked\t*\t${K.replace(' ', '\t')}\n`],
    ['marker: capitals', `${h} ${K}\n@REVOKED ${h} ${K}\n`],
    ['marker: two', `${h} ${K}\n@revoked @cert-authority ${h} ${K}\n`],
    ['marker: twice the same', `${h} ${K}\n@revoked @revoked ${h} ${K}\n`],
    ['marker: unknown', `@trusted ${h} ${K}\n`],
    ['marker: alone', `@revoked\n${h} ${K}\n`],
    ['marker: blanks around', `${h} ${K}\n \t@revoked \t ${h} ${K}\n`],
    ['authority: plain server', `@cert-authority ${h} ${W}\n`, { stricter: 'authority' }],
    ['authority: same key as the server', `@cert-authority ${h} ${K}\n`, { stricter: 'authority' }],
    ['authority: and the plain key', `@cert-authority ${h} ${W}\n${h} ${K}\n`],
    ['authority: and another plain key', `@cert-authority ${h} ${K}\n${h} ${W}\n`],
    ['authority: for the port, bare right', `@cert-authority [${h}]:2222 ${W}\n${h} ${K}\n`, { port: 2222 }],
    ['authority: revoked plain key', `@cert-authority ${h} ${W}\n@revoked ${h} ${K}\n`],
    ['lines: CRLF', `${h} ${K}\r\n`],
    ['lines: CRLF and comment', `${h} ${K} comment\r\n`],
    ['lines: blank CRLF', `\r\n\r\n${h} ${K}\r\n`],
    ['lines: CR only', `other ${W}\r${h} ${K}\r`],
    ['lines: BOM', `\xef\xbb\xbf${h} ${K}\n`],
    ['lines: BOM, second line', `\xef\xbb\xbf${h} ${W}\n${h} ${K}\n`],
    ['lines: UTF-16', Buffer.from(`\ufeff${h} ${K}\n`, 'utf16le').toString('latin1')],
    ['lines: NUL in front', `\0${h} ${W}\n${h} ${K}\n`],
    ['lines: NUL inside the name', `${h}\0 ${W}\n${h} ${K}\n`],
    ['lines: NUL for a blank behind the names', `${h}\0${W}\n`],
    ['lines: NUL for a blank behind revoked names', `${h} ${K}\n@revoked ${h}\0${K}\n`],
    ['lines: NUL right behind the marker', `${h} ${K}\n@revoked\0${h} ${K}\n`],
    ['lines: NUL behind the key', `${h} ${K}\0junk\n`],
    ['lines: NUL inside the key', `${h} ${K.slice(0, 40)}\0${K.slice(40)}\n`],
    ['lines: no end', `${h} ${K}`],
    ['lines: tabs', `\t${h}\t${K.replace(' ', '\t')}\tcomment\n`],
    ['lines: vertical tab in front', `\v${h} ${K}\n`],
    ['lines: commented out', `#${h} ${K}\n`],
    ['lines: long comment', `${h} ${K} ${'c'.repeat(1 << 20)}\n`],
    ['lines: long garbage', `${'g'.repeat(1 << 20)}\n${h} ${K}\n`],
    ['invalid: name only', `${h}\n`],
    ['invalid: no blob', `${h} ssh-ed25519\n`],
    ['invalid: no blob but a blank', `${h} ssh-ed25519 \n`],
    ['invalid: comment instead of a key', `${h} # ${K}\n`],
    ['invalid: bad character', `${h} ${spoil(30, '!')}\n`],
    ['invalid: white space inside', `${h} ${spoil(30, `${blob.charAt(30)}\v\f`)}\n`],
    ['invalid: cut', `${h} ${K.slice(0, -1)}\n`],
    ['invalid: too much padding', `${h} ${K}==\n`],
    ['invalid: trailing bytes', `${h} ssh-ed25519 ${trailing}\n`],
    ['invalid: wrong key behind it', `${h} ${K.slice(0, -1)}\n${h} ${W}\n`],
    ['invalid: unknown type', `${h} ssh-new ${blob}\n`],
    ['invalid: type and blob differ', `${h} ssh-rsa ${blob}\n`],
    ['invalid: certificate type, plain blob', `${h} ssh-ed25519-cert-v01@openssh.com ${blob}\n`],
    ['invalid: curves differ', `${h} ecdsa-sha2-nistp384 ${k.wrongEcdsa.split(' ')[1] ?? ''}\n`],
    ['invalid: type in capitals', `${h} SSH-ED25519 ${blob}\n`],
    ['invalid: SSH 1', `${h} 1024 35 12345678901234567890\n`],
    ['invalid: short RSA', `${h} ssh-rsa ${shortRsa().toString('base64')}\n`],
    ['number: superfluous zeros', `${h} ssh-rsa ${paddedRsa(rsaBlob).toString('base64')}\n`],
    [
      'number: revoked with superfluous zeros',
      `${h} ${k.rsa}\n@revoked ${h} ssh-rsa ${paddedRsa(rsaBlob).toString('base64')}\n`,
    ],
    ['blob: short name inside', `${h} ssh-ed25519 ${renamed(blob, 'ed25519').toString('base64')}\n`],
  ];
  return rows.map(([row, user, rest]) => ({ row, user, ...rest }));
}

function field(data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}

function shortRsa(): Buffer {
  return Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from([3])), field(Buffer.alloc(96, 0x7f))]);
}

/** The same RSA key with more leading zeros in its modulus than needed. */
function paddedRsa(base64: string): Buffer {
  const blob = Buffer.from(base64, 'base64');
  const exponentAt = 4 + blob.readUInt32BE(0);
  const modulusAt = exponentAt + 4 + blob.readUInt32BE(exponentAt);
  const modulus = blob.subarray(modulusAt + 4);
  return Buffer.concat([blob.subarray(0, modulusAt), field(Buffer.concat([Buffer.alloc(3), modulus]))]);
}

function renamed(base64: string, name: string): Buffer {
  const blob = Buffer.from(base64, 'base64');
  return Buffer.concat([field(Buffer.from(name)), blob.subarray(4 + blob.readUInt32BE(0))]);
}

/** Files put together at random from the parts that matter, for a host at port 22 or 2222. */
export function randomCase(random: () => number, k: CorpusKeys, number: number): CorpusCase {
  const h = corpusHost;
  const port = random() < 0.4 ? 2222 : 22;
  const file = (): string => Array.from({ length: Math.floor(random() * 5) }, () => randomLine(random, k, h)).join('');
  const user = file() + randomLine(random, k, h);
  const global = random() < 0.3 ? file() : '';
  const all = user + global;
  const reasons = [
    /@cert-authority/.test(all) ? 'authority' : '',
    /@revoked\t/.test(all) ? 'a tab after the marker' : '',
    port !== 22 && /@revoked/.test(all) ? 'revoked for the bare name' : '',
  ].filter(Boolean);
  const base: CorpusCase = { row: `random ${number}`, user, global, port };
  return reasons.length > 0 ? { ...base, stricter: reasons.join(', ') } : base;
}

function randomLine(random: () => number, k: CorpusKeys, h: string): string {
  const names = [
    h,
    `[${h}]:2222`,
    `[${h}]:22`,
    h.toUpperCase(),
    '*',
    '*.test',
    `[*]:*`,
    `!${h}`,
    'other',
    '!other',
    '',
    'h?example.test',
  ];
  const list = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, names)).join(',');
  const name = random() < 0.25 ? hashOf(pick(random, [h, `[${h}]:2222`, 'other'])) : list;
  const keys = [k.ed25519, k.ed25519, k.ecdsa, k.rsa, k.wrongEd25519, k.wrongEcdsa, k.wrongRsa, k.certificate];
  const key = pick(random, keys);
  // A cut certificate still counts here (its key may be the revoked one), which ssh would ignore.
  const broken = key !== k.certificate && random() < 0.12 ? key.slice(0, Math.floor(random() * key.length)) : key;
  const marker =
    random() < 0.75
      ? ''
      : pick(random, ['@revoked ', '@cert-authority ', '@revoked\t', '@Revoked ', '@revoked @revoked ']);
  const blank = random() < 0.85 ? ' ' : pick(random, ['\t', '  ', ' \t', '\0']);
  const end = pick(random, ['\n', '\n', '\n', '\r\n', ' comment\n', '\0\n', '\n\n']);
  return `${marker}${name}${blank}${broken}${end}`;
}

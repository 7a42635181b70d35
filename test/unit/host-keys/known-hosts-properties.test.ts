import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { lookupNamesOf, matchNames, toByteName } from '../../../src/main/engine/host-keys/host-names.ts';
import { parseKnownHosts, serializeKnownHosts } from '../../../src/main/engine/host-keys/known-hosts-file.ts';
import { decodeBase64, type PublicKey, readPublicKey } from '../../../src/main/engine/host-keys/public-key.ts';
import { planUpdate } from '../../../src/main/engine/host-keys/update-host-keys.ts';
import { judge, type Verdict } from '../../../src/main/engine/host-keys/verdict.ts';
import { ecdsa, ed25519, hashed, keyText, rsa } from './fixtures.ts';

// Thousands of runs each; a loaded machine is no fault.
vi.setConfig({ testTimeout: 60_000 });

function keyOf(blob: Buffer): PublicKey {
  const key = readPublicKey(blob);
  if (key === null) throw new Error('the test has a bad key');
  return key;
}

const server = keyOf(ed25519('server'));
const blobs = [server.blob, ed25519('other'), rsa('r'), ecdsa('e')];
const host = 'h.example.org';
const port22 = lookupNamesOf({ address: host, port: 22, hostKeyAlias: null });
const port2222 = lookupNamesOf({ address: host, port: 2222, hostKeyAlias: null });

const name = fc.oneof(
  fc.constantFrom(host, `[${host}]:2222`, '*', '*.org', `!${host}`, 'other', 'H.Example.ORG', '?.example.org', ''),
  fc.string({ maxLength: 8 }),
);
const names = fc.oneof(
  { weight: 4, arbitrary: fc.array(name, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')) },
  { weight: 1, arbitrary: fc.constantFrom(host, `[${host}]:2222`, 'other').map(hashed) },
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '@revoked ', '@cert-authority ', '@revoked\t', '@other '),
    names,
    fc.constantFrom(' ', '\t', '  '),
    fc.constantFrom(...blobs.map(keyText)),
    fc.constantFrom('', ' comment', '\r', '=', 'x'),
  )
  .map((parts) => parts.join(''));
const anyLine = fc.oneof(
  { weight: 6, arbitrary: line },
  { weight: 1, arbitrary: fc.string() },
  fc.constantFrom('', '#', '\0'),
);
const content = fc
  .tuple(fc.array(anyLine, { maxLength: 6 }), fc.constantFrom('', '\n'))
  .map(([lines, end]) => Buffer.from(lines.join('\n') + end, 'utf8'));
const lookups = fc.constantFrom(port22, port2222);

const strictness: Readonly<Record<Verdict['kind'], number>> = {
  ok: 0,
  unknown: 1,
  certificate: 2,
  changed: 2,
  revoked: 3,
};

describe('any bytes', () => {
  test('the parser never fails and keeps every byte', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), content), (bytes) => {
        const file = parseKnownHosts('f', bytes);
        expect(serializeKnownHosts(file.lines).equals(Buffer.from(bytes))).toBe(true);
        for (const one of file.lines) expect(one.publicKey === null).toBe('invalid' in one.key);
        expect(judge([file], port2222, server).kind in strictness).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('a key blob is read or refused, and what is read has one identity', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...blobs)), (bytes) => {
        const key = readPublicKey(Buffer.from(bytes));
        if (key !== null) expect(readPublicKey(Buffer.from(key.blob))?.id).toBe(key.id);
      }),
      { numRuns: 2000 },
    );
  });

  test('strict base64 takes what Node writes, and only what it would write', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(decodeBase64(text)?.equals(Buffer.from(bytes))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== null) expect(bytes.toString('base64')).toBe(text.replaceAll(/\s/g, ''));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('verdicts', () => {
  test('with a revocation for the name, wherever it stands, it is never ok', () => {
    fc.assert(
      fc.property(
        content,
        content,
        lookups,
        fc.constantFrom(host, '*', hashed(host), `x,${host}`),
        fc.boolean(),
        (before, behind, asked, revokedName, inSecond) => {
          const revocation = Buffer.from(`\n@revoked ${revokedName} ${keyText(server.blob)}\n`);
          const bytes = inSecond
            ? [before, Buffer.concat([revocation, behind])]
            : [Buffer.concat([before, revocation, behind])];
          const files = bytes.map((one, i) => parseKnownHosts(`f${i}`, one));
          expect(judge(files, asked, server).kind).toBe('revoked');
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a line more never turns changed or revoked into unknown', () => {
    fc.assert(
      fc.property(content, line, lookups, (bytes, more, asked) => {
        const before = judge([parseKnownHosts('f', bytes)], asked, server).kind;
        const after = judge(
          [parseKnownHosts('f', Buffer.concat([bytes, Buffer.from(`\n${more}\n`)]))],
          asked,
          server,
        ).kind;
        if (before === 'changed') expect(after).not.toBe('unknown');
        if (before === 'revoked') expect(after).toBe('revoked');
      }),
      { numRuns: 1000 },
    );
  });

  test('a pattern matches what a regular expression says', () => {
    const letters = fc.constantFrom('a', 'b', '.', '*', '?');
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 12 }),
        fc.array(fc.constantFrom('a', 'b', '.'), { minLength: 1, maxLength: 10 }),
        (pattern, text) => {
          const source = pattern.map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c === '.' ? '\\.' : c)).join('');
          const expected = pattern.length > 0 && new RegExp(`^${source}$`).test(text.join(''));
          expect(matchNames(pattern.join(''), text.join(''))).toBe(expected ? 'yes' : 'no');
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('a pattern of stars costs no more than its length times the name', () => {
    const started = process.cpuUsage().user;
    expect(matchNames(`${'*a'.repeat(500)}b`, 'a'.repeat(1000))).toBe('no');
    expect(process.cpuUsage(undefined).user - started).toBeLessThan(1_000_000);
  });
});

describe('rotation', () => {
  test('all lines but those of the name stay, byte for byte and in order; no key comes in without proof', () => {
    const some = fc.subarray([...blobs]);
    fc.assert(
      fc.property(content, some, some, fc.boolean(), (bytes, proven, advertised, hash) => {
        const file = parseKnownHosts('f', bytes);
        const plan = planUpdate(file, [], host, { proven, advertised }, hash);
        if (plan.kind === 'keep') return;
        const after = plan.lines.map((one) => one.raw);
        const foreign = file.lines.filter(
          (one) => one.publicKey === null || one.marker !== 'none' || matchNames(one.names, host) !== 'yes',
        );
        expect(
          after.slice(0, after.length - plan.added.length).filter((raw) => foreign.some((one) => one.raw === raw)),
        ).toEqual(foreign.map((one) => one.raw));
        const parsed = parseKnownHosts('f', serializeKnownHosts(plan.lines));
        const provenIds = proven.map((blob) => keyOf(blob).id);
        for (const blob of blobs) {
          const key = keyOf(blob);
          const [was, is] = [judge([file], port22, key).kind, judge([parsed], port22, key).kind];
          if (is === 'ok' && was !== 'ok') expect(provenIds).toContain(key.id);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Seeded mutations of a valid file, as OpenSSH's own fuzz helpers make them. */
describe('mutations', () => {
  /** `server` is refused by this file for both ports, whatever one bit of it says. */
  const base = [
    `# hosts`,
    `${host} ${keyText(ed25519('other'))} comment`,
    `${hashed(`[${host}]:2222`)} ${keyText(rsa('r'))}`,
    `other,*.net ${keyText(ecdsa('e'))}`,
    `@cert-authority *.org ${keyText(ed25519('ca'))}`,
    '',
  ].join('\n');
  const original = Buffer.from(base, 'latin1');

  function* mutants(): Generator<Buffer> {
    for (let bit = 0; bit < original.length * 8; bit += 1) {
      const copy = Buffer.from(original);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield copy;
    }
    for (let at = 0; at < original.length; at += 1) {
      yield original.subarray(0, at);
      yield original.subarray(at);
      for (const digit of 'A/=+z \t\n\r\0@|') {
        const copy = Buffer.from(original);
        copy.write(digit, at, 'latin1');
        yield copy;
      }
    }
  }

  test('no mutant trusts the key of another', () => {
    let count = 0;
    for (const mutant of mutants()) {
      const file = parseKnownHosts('f', mutant);
      for (const asked of [port22, port2222]) {
        const { kind } = judge([file], asked, server);
        if (kind === 'ok') throw new Error(`trusted by ${JSON.stringify(mutant.toString('latin1'))}`);
      }
      if (!serializeKnownHosts(file.lines).equals(mutant)) throw new Error('bytes were lost');
      count += 1;
    }
    expect(count).toBeGreaterThan(20_000 / 2);
  });

  test('many mutations at once (HOLDFAST_LONG=1: a million): bounded time, no failure, nobody trusted', {
    timeout: 1_800_000,
  }, () => {
    const runs = process.env['HOLDFAST_LONG'] === '1' ? 1_000_000 : 10_000;
    let state = 20261121;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let slowest = 0;
    for (let run = 0; run < runs; run += 1) {
      let mutant = Buffer.from(original);
      for (let change = random(6); change >= 0; change -= 1) {
        const at = random(mutant.length);
        const kind = random(4);
        if (kind === 0) mutant[at] = (mutant[at] ?? 0) ^ (1 << random(8));
        else if (kind === 1) mutant[at] = random(256);
        else if (kind === 2) mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + random(40))]);
        else mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(random(mutant.length))]);
        if (mutant.length === 0) break;
      }
      const started = process.cpuUsage();
      const file = parseKnownHosts('f', mutant);
      const kinds = [judge([file], port22, server).kind, judge([file], port2222, server).kind];
      const { user, system } = process.cpuUsage(started);
      slowest = Math.max(slowest, user + system);
      if (kinds.includes('ok')) throw new Error(`trusted by ${JSON.stringify(mutant.toString('latin1'))}`);
    }
    // A hang shows, a slow machine does not: an input takes well below a millisecond.
    expect(slowest).toBeLessThan(1_000_000);
  });

  test('no mutant of the line of the key trusts another key', () => {
    const known = Buffer.from(`${host} ${keyText(server.blob)}\n`);
    for (let bit = 0; bit < known.length * 8; bit += 1) {
      const copy = Buffer.from(known);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const file = parseKnownHosts('f', copy);
      for (const stranger of [ed25519('other'), rsa('r'), ecdsa('e')]) {
        expect(judge([file], port22, keyOf(stranger)).kind).not.toBe('ok');
      }
    }
  });

  test('names beyond ASCII keep their bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const wanted = toByteName(`n${text}`).replaceAll(/[\s,!*?|@#\0]/g, '');
        const file = parseKnownHosts('f', Buffer.from(`${wanted} ${keyText(server.blob)}\n`, 'latin1'));
        expect(judge([file], { lookup: wanted, withoutPort: null }, server).kind).toBe('ok');
      }),
    );
  });
});

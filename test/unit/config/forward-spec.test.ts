import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildForwardSpec,
  formatForwardSpec,
  isHostName,
  isIpv6,
  parseForwardSpec,
} from '../../../src/main/engine/config/forward-spec.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';

const tcp = (host: string | null, port: number, lastPort = port) => ({ kind: 'tcp', host, port, lastPort });

describe('parseForwardSpec', () => {
  test.each([
    [
      'local 127.0.0.1:5432 -> db.internal:5432',
      tcp('127.0.0.1', 5432),
      { kind: 'tcp', host: 'db.internal', port: 5432 },
    ],
    ['remote 9000 -> 127.0.0.1:3000', tcp(null, 9000), { kind: 'tcp', host: '127.0.0.1', port: 3000 }],
    ['local [::1]:80 -> [2001:db8::1]:8080', tcp('::1', 80), { kind: 'tcp', host: '2001:db8::1', port: 8080 }],
    ['local *:80 -> a:1', tcp('*', 80), { kind: 'tcp', host: 'a', port: 1 }],
    ['local localhost:0 -> a:1', tcp('localhost', 0), { kind: 'tcp', host: 'a', port: 1 }],
    ['remote 8000-8010 -> a:1', tcp(null, 8000, 8010), { kind: 'tcp', host: 'a', port: 1 }],
    [
      'local /run/me/x.sock -> /var/run/docker.sock',
      { kind: 'unix', path: '/run/me/x.sock' },
      { kind: 'unix', path: '/var/run/docker.sock' },
    ],
    ['local /run/my things/x -> a:1', { kind: 'unix', path: '/run/my things/x' }, { kind: 'tcp', host: 'a', port: 1 }],
    ['local ~/x.sock -> a:1', { kind: 'unix', path: '/home/me/x.sock' }, { kind: 'tcp', host: 'a', port: 1 }],
    ['remote 1 -> ~/x.sock', tcp(null, 1), { kind: 'unix', path: '/home/me/x.sock' }],
    ['local \\\\.\\pipe\\x -> a:1', { kind: 'unix', path: '\\\\.\\pipe\\x' }, { kind: 'tcp', host: 'a', port: 1 }],
    ['local C:\\run\\x -> a:1', { kind: 'unix', path: 'C:\\run\\x' }, { kind: 'tcp', host: 'a', port: 1 }],
  ])('%s', (text, listen, target) => {
    expect(parseForwardSpec(text, { home: '/home/me' })).toMatchObject({ spec: text, listen, target, enabled: true });
  });

  test('dynamic kinds have no target', () => {
    expect(parseForwardSpec('dynamic 1080')).toEqual({
      spec: 'dynamic 1080',
      kind: 'dynamic',
      listen: tcp(null, 1080),
      name: null,
      enabled: true,
      maxConnections: 0,
      unlink: false,
    });
    expect(parseForwardSpec('remote-dynamic [::]:0').listen).toEqual(tcp('::', 0));
  });

  test('keeps what the user wrote, with single spaces around the parts', () => {
    expect(parseForwardSpec('  local\t5432->db:5432 ').spec).toBe('local 5432 -> db:5432');
    expect(parseForwardSpec('remote   9000   ->  a:1').spec).toBe('remote 9000 -> a:1');
    expect(parseForwardSpec('local localhost:80 -> A.Example:80').spec).toBe('local localhost:80 -> A.Example:80');
  });

  test.each([
    ['', 'begins with local'],
    ['locl 1 -> a:1', 'something like "local'],
    ['Local 1 -> a:1', 'begins with local'],
    ['local', 'needs a place to listen'],
    ['local 5432', 'needs "-> TARGET"'],
    ['local 5432 ->', 'needs "-> TARGET"'],
    ['dynamic 1080 -> a:1', 'has no target'],
    ['local 1 -> a:1 -> b:2', 'stands once'],
    ['local 65536 -> a:1', 'is no port'],
    ['local -1 -> a:1', 'is no port'],
    ['local 080 -> a:1', 'is no port'],
    ['local 1.5 -> a:1', 'is no port'],
    ['local http -> a:1', 'is no port'],
    ['local 10-5 -> a:1', 'must go up'],
    ['local 0-5 -> a:1', 'must go up'],
    ['local 5-5 -> a:1', 'must go up'],
    ['local 1 -> a:0', 'from 1 to 65535'],
    ['local 1 -> a:1-3', 'is no port'],
    ['local 1 -> 3000', 'write 127.0.0.1:3000'],
    ['local 1 -> *:1', 'no address to connect to'],
    ['local ::1:80 -> a:1', '[::1]:80'],
    ['local [a]:80 -> a:1', 'no IPv6 address'],
    ['local [::1] -> a:1', 'expected [IPv6]:PORT'],
    ['local :80 -> a:1', 'no host before the colon'],
    ['local -a:80 -> a:1', 'no host name'],
    ['local a b:80 -> a:1', 'no host name'],
    ['local 1 -> a\u0007:1', 'no host name'],
    ['local /a\u0001b -> a:1', 'no control characters'],
    ['local 1 -> ~/x', 'must be a full one'],
    ['remote ~/x -> a:1', 'must be a full one'],
    ['local ~root/x -> a:1', 'expected ~/'],
    ['local /run/ -> a:1', 'names a folder'],
    [`local /${'x'.repeat(107)} -> a:1`, 'at most 107'],
  ])('refuses %j', (text, message) => {
    const error = refusal(() => parseForwardSpec(text));
    expect(error.code).toBe('config');
    expect(error.message).toContain(message);
  });

  test('reads back what formatForwardSpec writes', () => {
    fc.assert(
      fc.property(forward, (parts) => {
        const text = formatForwardSpec(parts);
        const parsed = parseForwardSpec(text);
        expect(parsed).toMatchObject(parts);
        expect(parsed.spec).toBe(text);
        expect(parseForwardSpec(parsed.spec)).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });

  test('the spec of whatever is accepted is accepted, and means the same', () => {
    const pieces = fc.constantFrom(
      'local',
      'remote',
      'dynamic',
      ' ',
      '  ',
      '->',
      '1',
      '80',
      ':',
      '[::1]',
      '*',
      '/a',
      'a b',
      '~/',
      '-',
      '\\\\.\\pipe\\x',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
        ),
        (text) => {
          let first: ReturnType<typeof parseForwardSpec>;
          try {
            first = parseForwardSpec(text);
          } catch (error) {
            expect(error).toBeInstanceOf(HoldfastError);
            return;
          }
          expect(parseForwardSpec(first.spec)).toEqual(first);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('takes no long time for long texts', () => {
    for (const text of [
      ' '.repeat(100_000),
      `local ${' '.repeat(100_000)}x`,
      `local ${'->'.repeat(50_000)}`,
      'a'.repeat(100_000),
      `local ${':'.repeat(100_000)}`,
    ]) {
      refusal(() => parseForwardSpec(text));
    }
  });
});

test('the table form is the short form in parts', () => {
  const made = buildForwardSpec('local', '127.0.0.1:5432', 'db:5432', {
    name: 'db',
    enabled: false,
    maxConnections: 3,
    unlink: true,
  });
  expect(made).toEqual({
    ...parseForwardSpec('local 127.0.0.1:5432 -> db:5432'),
    name: 'db',
    enabled: false,
    maxConnections: 3,
    unlink: true,
  });
  expect(() => buildForwardSpec('local', '1 -> a:1', 'b:1')).toThrow('stands once');
});

test('isIpv6', () => {
  for (const good of [
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:1.2.3.4',
  ])
    expect(isIpv6(good), good).toBe(true);
  for (const wrong of [
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '1.2.3.4',
    '::1.2.3',
    '::1%',
    '1:2:3:4:5:6:7::8',
    '1.2.3.4::',
    ':1::',
  ])
    expect(isIpv6(wrong), wrong).toBe(false);
});

const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.constantFrom('localhost', '127.0.0.1', '::1', '2001:db8::7', '::ffff:10.0.0.1', 'db.internal', 'bücher.example'),
  fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/),
);
const path = fc
  .stringMatching(/^\/[A-Za-z0-9._-]{1,30}(\/[A-Za-z0-9._ -]{0,10}[A-Za-z0-9]){0,3}$/)
  .filter((text) => !text.includes('->'));
const unix = path.map((text) => ({ kind: 'unix' as const, path: text }));
const listen = fc.oneof(
  unix,
  fc
    .tuple(fc.oneof(fc.constant(null), fc.constant('*'), host), fc.integer({ min: 0, max: 65_535 }))
    .map(([name, number]) => ({ kind: 'tcp' as const, host: name, port: number, lastPort: number })),
  fc
    .tuple(fc.oneof(fc.constant(null), host), fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 5000 }))
    .map(([name, first, more]) => ({ kind: 'tcp' as const, host: name, port: first, lastPort: first + more })),
);
const target = fc.oneof(unix, fc.record({ kind: fc.constant('tcp' as const), host, port }));
const forward = fc.oneof(
  fc.record({ kind: fc.constantFrom('local' as const, 'remote' as const), listen, target }),
  fc.record({ kind: fc.constantFrom('dynamic' as const, 'remote-dynamic' as const), listen }),
);

test('names', () => {
  expect(isHostName('-a')).toBe(false);
  expect(isHostName('a-b')).toBe(true);
});

function refusal(run: () => unknown): HoldfastError {
  try {
    run();
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
  throw new Error('not refused');
}

import { describe, expect, test } from 'vitest';
import {
  formatSshForward,
  parseDestination,
  readConfigForward,
  readSshForward,
} from '../../../src/main/engine/interop/ssh-address.ts';
import { inEnglish } from '../../../src/shared/i18n/sentences/index.ts';

const options = { gatewayPorts: false, home: '/home/me' };

describe('readSshForward', () => {
  test.each([
    ['L', '8080:db:80', 'local 8080 -> db:80'],
    ['L', '127.0.0.1:8080:db:80', 'local 127.0.0.1:8080 -> db:80'],
    ['L', '[::1]:8080:[2001:db8::1]:80', 'local [::1]:8080 -> [2001:db8::1]:80'],
    ['L', '*:8080:db:80', 'local *:8080 -> db:80'],
    ['L', ':8080:db:80', 'local *:8080 -> db:80'],
    ['L', 'localhost:8080:db:http', 'local localhost:8080 -> db:80'],
    ['L', '8080:/run/x.sock', 'local 8080 -> /run/x.sock'],
    ['L', '127.0.0.1:8080:/run/x.sock', 'local 127.0.0.1:8080 -> /run/x.sock'],
    ['L', '/run/a.sock:db:80', 'local /run/a.sock -> db:80'],
    ['L', '/run/a.sock:/run/b.sock', 'local /run/a.sock -> /run/b.sock'],
    ['L', '/run/a\\:1.sock:db:80', 'local /run/a:1.sock -> db:80'],
    ['R', '9000:localhost:3000', 'remote 9000 -> localhost:3000'],
    ['R', '0:localhost:3000', 'remote 0 -> localhost:3000'],
    ['R', '*:9000:localhost:3000', 'remote *:9000 -> localhost:3000'],
    ['R', '/run/u.sock:localhost:3000', 'remote /run/u.sock -> localhost:3000'],
    ['R', '9000:/run/x.sock', 'remote 9000 -> /run/x.sock'],
    ['R', '1080', 'remote-dynamic 1080'],
    ['R', '0', 'remote-dynamic 0'],
    ['R', 'localhost:1080', 'remote-dynamic localhost:1080'],
    ['R', '[::]:1080', 'remote-dynamic [::]:1080'],
    ['D', '1080', 'dynamic 1080'],
    ['D', 'localhost:1080', 'dynamic localhost:1080'],
    ['D', '[::1]:1080', 'dynamic [::1]:1080'],
    ['D', '*:1080', 'dynamic *:1080'],
    ['D', ':1080', 'dynamic *:1080'],
  ] as const)('-%s %s', (flag, text, spec) => {
    const read = readSshForward(flag, text, options);
    expect(read.spec?.spec ?? read.problem).toBe(spec);
    if (read.spec === null) return;
    const [option, value] = formatSshForward(read.spec);
    expect(option).toBe(`-${flag}`);
    expect(readSshForward(flag, value, options).spec).toEqual(read.spec);
  });

  test.each([
    ['L', ''],
    ['L', '8080'],
    ['L', '8080:db'],
    ['L', '70000:db:80'],
    ['L', '8080:db:0'],
    ['L', '8080:db:80:90:100'],
    ['L', '[::1:8080:db:80'],
    ['D', '8080:db:80'],
    ['D', 'nonsense'],
    ['R', '::::::::::::'],
  ] as const)('-%s %j is none', (flag, text) => {
    const { spec, problem } = readSshForward(flag, text, options);
    expect(spec).toBeNull();
    expect(problem === null ? '' : inEnglish(problem)).toMatch(/\.$/);
  });

  test('with -g a bare port listens everywhere, an address as it says', () => {
    const open = { ...options, gatewayPorts: true };
    expect(readSshForward('L', '8080:db:80', open).spec?.spec).toBe('local *:8080 -> db:80');
    expect(readSshForward('D', '1080', open).spec?.spec).toBe('dynamic *:1080');
    expect(readSshForward('L', 'localhost:8080:db:80', open).spec?.spec).toBe('local localhost:8080 -> db:80');
    expect(readSshForward('R', '8080:db:80', open).spec?.spec).toBe('remote 8080 -> db:80');
  });

  test.each([
    ['L', '8080 [db]:5432', 'local 8080 -> db:5432'],
    ['L', '[]:8080 [db]:5432', 'local *:8080 -> db:5432'],
    ['L', '8080 db:5432', 'local 8080 -> db:5432'],
    ['R', '9001 [socks]:0', 'remote-dynamic 9001'],
    ['R', '[*]:9001 [socks]:0', 'remote-dynamic *:9001'],
    ['R', '9001', 'remote-dynamic 9001'],
    ['L', '/l.sock /r.sock', 'local /l.sock -> /r.sock'],
  ] as const)('as ssh_config writes it: %s %s', (flag, text, spec) => {
    expect(readConfigForward(flag, text, options).spec?.spec).toBe(spec);
  });

  test('a path with a space, where there is one way to read it or quotes tell; else it is a problem', () => {
    const paths = { listen: { path: '/tmp/my l.sock' }, target: { path: '/r.sock' } };
    expect(readConfigForward('L', '/tmp/my l.sock /r.sock', options).spec).toMatchObject(paths);
    expect(readConfigForward('L', '"/tmp/my l.sock" /r.sock', options).spec).toMatchObject(paths);
    expect(readConfigForward('L', '/tmp/my /l.sock /r.sock', options).problem?.id).toBe('sshOption.blankInPath');
  });
});

describe('parseDestination', () => {
  test.each([
    ['h', false, null, 'h', null],
    ['me@h', false, 'me', 'h', null],
    ['me@corp@h', false, 'me@corp', 'h', null],
    ['me@2001:db8::1', false, 'me', '2001:db8::1', null],
    ['ssh://me@h:2222', false, 'me', 'h', 2222],
    ['ssh://[2001:db8::1]:22', false, null, '2001:db8::1', 22],
    ['ssh://m%40e;x=y@h/', false, 'm@e', 'h', null],
    ['me@h:2222', true, 'me', 'h', 2222],
    ['[2001:db8::1]:2222', true, null, '2001:db8::1', 2222],
    ['me@[2001:db8::1]', true, 'me', '2001:db8::1', null],
    ['ssh://h:1', true, null, 'h', 1],
  ])('%s', (text, hop, user, host, port) => {
    expect(parseDestination(text, hop)).toEqual({ user, host, port });
  });

  test.each(['', '-oProxyCommand=x', 'me@', 'h:22', 'a b', 'h\u0000', '@h', 'me@-x'])('%j is none', (text) => {
    expect(parseDestination(text, false)).toBeNull();
  });

  test.each(['h:0', 'h:70000', '[h', 'a:b:c'])('%j is no hop', (text) => {
    expect(parseDestination(text, true)).toBeNull();
  });
});

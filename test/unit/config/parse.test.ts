import { describe, expect, test } from 'vitest';
import { type ParseContext, parseConfig } from '../../../src/main/engine/config/parse.ts';
import { formatProblem } from '../../../src/main/engine/config/problem.ts';
import type { HoldfastConfig } from '../../../src/shared/model/config.ts';

const context: ParseContext = { file: '/etc/h/config.toml', home: '/home/me', user: 'me', platform: 'linux' };

function good(text: string): HoldfastConfig {
  const result = parseConfig(text, context);
  if (result.kind === 'bad') throw new Error(lines(text).join('\n'));
  return result.config;
}

function lines(text: string): string[] {
  const result = parseConfig(text, context);
  return result.kind === 'bad' ? result.problems.map((problem) => formatProblem('F', problem)) : [];
}

function warnings(text: string): string[] {
  const result = parseConfig(text, context);
  if (result.kind === 'bad') throw new Error(lines(text).join('\n'));
  return result.warnings.map((problem) => formatProblem('F', problem));
}

const host = '[hosts.h]\naddress = "a"\n';
const tunnel = (rest: string): string => `${host}[tunnels.t]\nhost = "h"\n${rest}`;
const forwards = 'forwards = ["dynamic 1080"]\n';

describe('a good file', () => {
  test('the example of the outside interface, key by key', () => {
    const config = good(`
[hosts.edge]
address = "edge.example.org"
[hosts.bastion]
address = "bastion.example.org"
port = 2222
user = "you"
identity = ["~/.ssh/id_ed25519", "keys/x", "/k"]
agent = "~/agent.sock"
identities-only = true
jump = ["edge"]
known-hosts = ["~/.ssh/known_hosts"]
host-key-policy = "accept-new"
host-key-pins = ["SHA256:uNiVztksCsDhcc0u9e8BrCfHbDmLW5cDsyZpV9eLNEs"]
host-key-alias = "bastion"
update-host-keys = false
connect-timeout = "1m30s"
alive-interval = "0s"
alive-count-max = 5
auth-tries = 7
transport = "openssh"

[tunnels.db]
host = "bastion"
start = "login"
group = "work"
interactive = true
park = "0s"
forwards = ["local 127.0.0.1:5432 -> db.internal:5432", "dynamic 1080", "remote 9000 -> 127.0.0.1:3000", "local /run/me/x.sock -> /var/run/docker.sock"]
`);
    expect(config.hosts.get('bastion')).toEqual({
      ...config.hosts.get('edge'),
      name: 'bastion',
      address: 'bastion.example.org',
      port: 2222,
      user: 'you',
      identity: ['/home/me/.ssh/id_ed25519', '/etc/h/keys/x', '/k'],
      agent: '/home/me/agent.sock',
      identitiesOnly: true,
      jump: ['edge'],
      knownHosts: ['/home/me/.ssh/known_hosts'],
      knownHostsConfigured: true,
      hostKeyPolicy: 'accept-new',
      hostKeyPins: ['SHA256:uNiVztksCsDhcc0u9e8BrCfHbDmLW5cDsyZpV9eLNEs'],
      hostKeyAlias: 'bastion',
      updateHostKeys: false,
      connectTimeoutMs: 90_000,
      aliveIntervalMs: 0,
      aliveCountMax: 5,
      authTries: 7,
      transport: 'openssh',
    });
    const db = config.tunnels.get('db');
    expect(db).toMatchObject({ host: 'bastion', start: 'login', group: 'work', interactive: true, parkMs: 0 });
    expect(db?.forwards.map(({ spec }) => spec)).toEqual([
      'local 127.0.0.1:5432 -> db.internal:5432',
      'dynamic 1080',
      'remote 9000 -> 127.0.0.1:3000',
      'local /run/me/x.sock -> /var/run/docker.sock',
    ]);
  });

  test('an empty one is good, and the defaults are those of the interface', () => {
    expect(good('')).toMatchObject({ version: 1, hosts: new Map(), tunnels: new Map() });
    const config = good(tunnel(forwards));
    expect(config.hosts.get('h')).toEqual({
      name: 'h',
      address: 'a',
      port: 22,
      user: 'me',
      identity: [],
      certificates: [],
      agent: true,
      identitiesOnly: false,
      authMethods: ['publickey', 'keyboard-interactive', 'password'],
      jump: [],
      proxy: null,
      bindAddress: null,
      addressFamily: 'any',
      knownHosts: [
        '/home/me/.ssh/known_hosts',
        '/home/me/.ssh/known_hosts2',
        '/etc/ssh/ssh_known_hosts',
        '/etc/ssh/ssh_known_hosts2',
      ],
      knownHostsConfigured: false,
      hostKeyPolicy: 'ask',
      hostKeyPins: [],
      hostKeyAlias: null,
      hashKnownHosts: false,
      updateHostKeys: true,
      connectTimeoutMs: 15_000,
      authTimeoutMs: 30_000,
      aliveIntervalMs: 15_000,
      aliveCountMax: 3,
      authTries: 2,
      transport: 'ssh2',
      compression: false,
      tcpKeepAlive: true,
      legacyAlgorithms: [],
      rekeyBytes: 1024 ** 3,
      rekeyIntervalMs: 3_600_000,
      maxChannels: 1000,
    });
    expect(config.tunnels.get('t')).toMatchObject({
      start: 'login',
      group: null,
      production: false,
      interactive: false,
      parkMs: 20_000,
      backoff: { kind: 'exponential', firstMs: 1000, capMs: 60_000 },
      gateTimeMs: 0,
      maxStarts: -1,
      maxLifetimeMs: 0,
      stableMs: 10_000,
      probe: { kind: 'keepalive' },
    });
  });

  test("autossh's numbers come with its back-off", () => {
    const t = good(tunnel(`${forwards}backoff = "autossh"\n`)).tunnels.get('t');
    expect(t).toMatchObject({
      backoff: { kind: 'autossh' },
      gateTimeMs: 30_000,
      pollMs: 600_000,
      firstPollMs: 600_000,
    });
    const other = good(tunnel(`${forwards}backoff = "autossh"\npoll = "5s"\ngate-time = "0s"\n`)).tunnels.get('t');
    expect(other).toMatchObject({ gateTimeMs: 0, pollMs: 5000, firstPollMs: 5000 });
  });

  test('back-off: settings, with a word of the tunnel', () => {
    const text = `[settings]\nbackoff-first = "2s"\nbackoff-cap = "5m"\n${tunnel(`${forwards}backoff = { cap = "10s" }\n`)}`;
    expect(good(text).tunnels.get('t')?.backoff).toEqual({ kind: 'exponential', firstMs: 2000, capMs: 10_000 });
    expect(lines(text.replace('10s', '1s'))).toEqual([expect.stringContaining('F:9: tunnels.t.backoff: cap must not')]);
  });

  test.each([
    ['"target"', { kind: 'target', host: null, port: null }],
    ['{ type = "target", host = "db", port = 5 }', { kind: 'target', host: 'db', port: 5 }],
    ['"loop"', { kind: 'loop' }],
    ['{ type = "echo", host = "::1" }', { kind: 'echo', host: '::1', port: 7 }],
    ['{ type = "exec", command = "test -e /x" }', { kind: 'exec', command: 'test -e /x' }],
  ])('probe = %s', (text, probe) => {
    expect(good(tunnel(`${forwards}probe = ${text}\n`)).tunnels.get('t')?.probe).toEqual(probe);
  });

  test.each([
    ['proxy = "socks5://127.0.0.1:1080"', { kind: 'socks5', host: '127.0.0.1', port: 1080, user: null }],
    ['proxy = "http://me@[::1]:3128"', { kind: 'http', host: '::1', port: 3128, user: 'me' }],
    ['proxy-command = "nc %h %p"', { kind: 'command', command: 'nc %h %p' }],
  ])('%s', (text, proxy) => {
    expect(good(`${host}${text}\n`).hosts.get('h')?.proxy).toEqual(proxy);
  });

  test.each([
    ['["password"]', ['password']],
    ['"publickey"', ['publickey']],
    ['["keyboard-interactive", "publickey"]', ['keyboard-interactive', 'publickey']],
  ])('auth-methods = %s', (text, methods) => {
    expect(good(`${host}auth-methods = ${text}\n`).hosts.get('h')?.authMethods).toEqual(methods);
  });

  test('forwards as tables, inline, with headers, and mixed', () => {
    const inline = good(
      tunnel(
        'forwards = ["dynamic 1", { type = "local", listen = 5432, to = "db:5432", name = "db", enabled = false, max-connections = 9, unlink = true },\n]\n',
      ),
    );
    expect(inline.tunnels.get('t')?.forwards[1]).toMatchObject({
      spec: 'local 5432 -> db:5432',
      name: 'db',
      enabled: false,
      maxConnections: 9,
      unlink: true,
    });
    const headers = good(
      tunnel(
        '[[tunnels.t.forwards]]\ntype = "dynamic"\nlisten = 1\n[[tunnels.t.forwards]]\ntype = "dynamic"\nlisten = "[::1]:2"\n',
      ),
    );
    expect(headers.tunnels.get('t')?.forwards.map(({ spec }) => spec)).toEqual(['dynamic 1', 'dynamic [::1]:2']);
  });

  test('a single item in place of a list; names with dots in quotes; BOM and CRLF', () => {
    const config = good(
      '\uFEFF[hosts."a.b"]\r\naddress = "x"\r\nidentity = "~/k"\r\n[hosts.c]\r\naddress = "y"\r\njump = "a.b"\r\n',
    );
    expect(config.hosts.get('a.b')?.identity).toEqual(['/home/me/k']);
    expect(config.hosts.get('c')?.jump).toEqual(['a.b']);
    expect(lines('\uFEFF[hosts.a]\r\naddress = "x"\r\nprot = 1\r\n')).toEqual([
      'F:3: hosts.a.prot: unknown key; the nearest known key is "port"',
    ]);
  });

  test('dotted and inline tables', () => {
    expect(good('hosts.a.address = "x"\nhosts.b = { address = "y" }\n').hosts.size).toBe(2);
  });
});

describe('a bad file', () => {
  test('all problems are told, in order of lines', () => {
    expect(
      lines(`hosts.a.b = 1
[hosts.h]
prot = 22
port = "22"
jump = ["hh", "g"]
[hosts.g]
address = "x"
[tunnels.t]
host = "gg"
start = "logon"
forwards = ["dynamic 1", 5, "dynamc 2", { type = "local", listen = 5, too = "x" }]
probe = { type = "echo", prot = 7 }
[setings]
`),
    ).toEqual([
      expect.stringMatching(/^F:1: hosts\.a\.address: is missing: /),
      'F:1: hosts.a.b: unknown key',
      expect.stringMatching(/^F:2: hosts\.h\.address: is missing: expected /),
      'F:3: hosts.h.prot: unknown key; the nearest known key is "port"',
      'F:4: hosts.h.port: expected a whole number from 1 to 65535, got "22"',
      'F:5: hosts.h.jump[0]: there is no host "hh"; the nearest is "h"',
      'F:9: tunnels.t.host: there is no host "gg"; the nearest is "g"',
      'F:10: tunnels.t.start: expected "login", "demand", "manual", got "logon"; the nearest is "login"',
      expect.stringMatching(/^F:11: tunnels\.t\.forwards\[1\]: expected a forward like .*, got 5$/),
      'F:11: tunnels.t.forwards[3].too: unknown key; the nearest known key is "to"',
      expect.stringMatching(
        /^F:11: tunnels\.t\.forwards\[2\]: a forward begins with .* got "dynamc"; expected something like "dynamic 1080"$/,
      ),
      'F:12: tunnels.t.probe.prot: unknown key; the nearest known key is "port"',
      'F:13: setings: unknown key; the nearest known key is "settings"',
    ]);
  });

  test.each([
    // syntax
    ['[hosts', 1, 'syntax'],
    ['a = 1\nb = \n', 2, 'syntax'],
    ['a = 1\na = 2\n', 2, 'syntax'],
    [`a = ${'['.repeat(20_000)}`, 1, 'syntax'],
    [`\na = "${'x'.repeat(70_000)}"`, 2, 'syntax'],
    ['a = 1\n\0', 2, 'file'],
    // shapes
    ['hosts = 5', 1, 'hosts'],
    ['[hosts]\nh = 5', 2, 'hosts.h'],
    ['[[hosts]]', 1, 'hosts'],
    ['[hosts."a b"]\naddress = "x"', 1, 'hosts."a b"'],
    ['[hosts.-a]\naddress = "x"', 1, 'hosts.-a'],
    ['[hosts.__proto__]\naddress = "x"', 1, 'hosts.__proto__'],
    ['__proto__ = 1', 1, '__proto__'],
    [`${host}__proto__ = 1`, 3, 'hosts.h.__proto__'],
    [`[hosts.${'a'.repeat(65)}]\naddress = "x"`, 1, `hosts.${'a'.repeat(65)}`],
    ['settings = 5', 1, 'settings'],
    // values
    ['version = 2', 1, 'version'],
    ['version = "1"', 1, 'version'],
    ['version = 0', 1, 'version'],
    [`${host}user = 1979-05-27`, 3, 'hosts.h.user'],
    [`${host}port = inf`, 3, 'hosts.h.port'],
    [`${host}port = 22.5`, 3, 'hosts.h.port'],
    [`${host}port = 9999999999999999999`, 3, 'hosts.h.port'],
    [`${host}user = "-o"`, 3, 'hosts.h.user'],
    [`${host}user = "a b"`, 3, 'hosts.h.user'],
    [`${host}user = "a\\u0000b"`, 3, 'hosts.h.user'],
    [`${host}user = "a\\u202Eb"`, 3, 'hosts.h.user'],
    [`${host}user = ""`, 3, 'hosts.h.user'],
    ['[hosts.h]\naddress = "-oProxyCommand=x"', 2, 'hosts.h.address'],
    ['[hosts.h]\naddress = "a b"', 2, 'hosts.h.address'],
    ['[hosts.h]\naddress = "me@a"', 2, 'hosts.h.address'],
    ['[hosts.h]\naddress = "a:22"', 2, 'hosts.h.address'],
    ['[hosts.h]\naddress = "[::1]"', 2, 'hosts.h.address'],
    ['[hosts.h]\naddress = "::1::"', 2, 'hosts.h.address'],
    [`${host}identity = [\n"a",\n7]`, 5, 'hosts.h.identity[1]'],
    [`${host}host-key-pins = ["MD5:00"]`, 3, 'hosts.h.host-key-pins[0]'],
    [`${host}connect-timeout = 15`, 3, 'hosts.h.connect-timeout'],
    [`${host}connect-timeout = "15"`, 3, 'hosts.h.connect-timeout'],
    [`${host}connect-timeout = "-1s"`, 3, 'hosts.h.connect-timeout'],
    [`${host}connect-timeout = ""`, 3, 'hosts.h.connect-timeout'],
    [`${host}connect-timeout = "99999d"`, 3, 'hosts.h.connect-timeout'],
    [`${host}rekey-bytes = "1K"`, 3, 'hosts.h.rekey-bytes'],
    [`${host}rekey-bytes = "1e9"`, 3, 'hosts.h.rekey-bytes'],
    [`${host}proxy = "http://me:secret@proxy:1"`, 3, 'hosts.h.proxy'],
    [`${host}proxy = "ftp://proxy:1"`, 3, 'hosts.h.proxy'],
    [`${host}proxy = "http://proxy:1"\nproxy-command = "x"`, 4, 'hosts.h.proxy-command'],
    [`${host}bind-address = "eth0"`, 3, 'hosts.h.bind-address'],
    // relations
    [`${host}jump = ["h"]`, 3, 'hosts.h.jump[0]'],
    [`${host}jump = ["i", "i"]\n[hosts.i]\naddress = "x"`, 3, 'hosts.h.jump[1]'],
    [`${host}jump = ["i"]\n[hosts.i]\naddress = "x"\njump = ["h"]`, 6, 'hosts.i.jump[0]'],
    [tunnel(''), 3, 'tunnels.t.forwards'],
    [tunnel('forwards = []'), 5, 'tunnels.t.forwards'],
    [tunnel('forwards = "dynamic 1"'), 5, 'tunnels.t.forwards'],
    [tunnel('forwards = ["dynamic 1", "dynamic 1"]'), 5, 'tunnels.t.forwards[1]'],
    [tunnel('forwards = ["dynamic 0", "dynamic 0"]'), 5, 'tunnels.t.forwards[1]'],
    [tunnel('forwards = ["dynamic 1", "local 127.0.0.1:1 -> a:1"]'), 5, 'tunnels.t.forwards[1]'],
    [tunnel('forwards = ["dynamic *:1", "local 127.0.0.1:1 -> a:1"]'), 5, 'tunnels.t.forwards[1]'],
    [tunnel('forwards = ["local /a -> b:1", "local /a -> c:1"]'), 5, 'tunnels.t.forwards[1]'],
    [tunnel('start = "demand"\nforwards = ["remote 1 -> a:1"]'), 5, 'tunnels.t.start'],
    [tunnel(`${forwards}group = "t"`), 6, 'tunnels.t.group'],
    [tunnel(`${forwards}probe = { type = "target", host = "a" }`), 6, 'tunnels.t.probe'],
    [tunnel(`${forwards}max-starts = -2`), 6, 'tunnels.t.max-starts'],
    ['[settings]\nbackoff-first = "5m"', 1, 'settings.backoff-cap'],
  ])('%j', (text, line, key) => {
    const result = parseConfig(text, context);
    expect(result.kind === 'bad' ? result.problems.map((problem) => [problem.line, problem.key]) : 'ok').toEqual([
      [line, key],
    ]);
  });

  test('a secret in a proxy is not repeated', () => {
    expect(lines(`${host}proxy = "http://me:hunter2@proxy:1"`).join()).not.toContain('hunter2');
  });

  test('a newer version says so', () => {
    expect(lines('version = 7')[0]).toContain('newer than this Holdfast knows');
  });

  test('the nearest keys', () => {
    expect(lines(`${host}timeout = "1s"\nknown_hosts = []\nkeepalive = 1\nPort = 22`)).toEqual([
      'F:3: hosts.h.timeout: unknown key; the nearest known key is "connect-timeout"',
      'F:4: hosts.h.known_hosts: unknown key; the nearest known key is "known-hosts"',
      'F:5: hosts.h.keepalive: unknown key',
      'F:6: hosts.h.Port: unknown key; the nearest known key is "port"',
    ]);
    expect(lines('[hosts.a.b]\naddress = "x"')).toContainEqual(expect.stringContaining('[hosts."a.b"]'));
  });

  test('large files and long chains come to an end', () => {
    const hosts = Array.from({ length: 1000 }, (_, i) => `[hosts.h${i}]\naddress = "x"\njump = ["j${i}"]\n`).join('');
    expect(lines(hosts)).toHaveLength(1000);
    expect(lines(`a = [${'1,'.repeat(30_000)}]`)).toHaveLength(1);
    expect(lines('x'.repeat(1024 * 1024 + 1))).toEqual(['F:1: file: the file is larger than 1 MiB']);
    const chain = Array.from({ length: 3000 }, (_, i) => `[hosts.h${i}]\naddress = "x"\njump = ["h${i + 1}"]\n`).join(
      '',
    );
    expect(lines(`${chain}[hosts.h3000]\naddress = "x"\n`)).toEqual([]);
  }, 30_000);
});

describe('warnings', () => {
  test('what listens beyond this machine', () => {
    expect(
      warnings(
        tunnel(
          'forwards = ["dynamic *:1", "local 127.0.0.2:2 -> a:1", "remote 0.0.0.0:3 -> a:1", "dynamic [::1]:4", "local 10.0.0.1:5 -> a:1"]',
        ),
      ),
    ).toEqual([
      expect.stringMatching(/^F:5: tunnels\.t\.forwards\[0\]: \*:1 is open to other machines that reach this machine/),
      expect.stringMatching(
        /^F:5: tunnels\.t\.forwards\[2\]: 0\.0\.0\.0:3 is open to other machines that reach the server/,
      ),
      expect.stringMatching(/^F:5: tunnels\.t\.forwards\[4\]: /),
    ]);
  });

  test('one port in two tunnels only if both start by themselves', () => {
    const two = (first: string, second: string): string =>
      `${host}[tunnels.p]\nhost = "h"\nstart = "${first}"\nforwards = ["local 5432 -> a:1"]\n[tunnels.s]\nhost = "h"\nstart = "${second}"\nforwards = ["local 127.0.0.1:5432 -> b:1"]\n`;
    expect(warnings(two('login', 'demand'))).toEqual([
      expect.stringMatching(/^F:10: tunnels\.s\.forwards\[0\]: the tunnel "p" listens/),
    ]);
    expect(warnings(two('login', 'manual'))).toEqual([]);
    expect(warnings(two('manual', 'manual'))).toEqual([]);
  });

  test('a jump of a jump is not followed, and that is said', () => {
    const text = `${host}jump = ["i"]\n[hosts.i]\naddress = "x"\njump = ["j"]\n[hosts.j]\naddress = "x"\n`;
    expect(warnings(text)).toEqual([
      'F:3: hosts.h.jump[0]: the jump of "i" is not followed from here; to go through it as well, write "j", "i"',
    ]);
    expect(warnings(text.replace('["i"]', '["j", "i"]'))).toEqual([]);
  });
});

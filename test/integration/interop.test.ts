import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../src/main/engine/config/config-edits.ts';
import { ConfigEditor } from '../../src/main/engine/config/edit.ts';
import { importSshConfig } from '../../src/main/engine/interop/ssh-config-import.ts';
import { listSshConfig } from '../../src/main/engine/interop/ssh-config-list.ts';
import type { ConfigEdit, ConfigValue } from '../../src/shared/contract/editing-calls.ts';
import type { HoldfastConfig } from '../../src/shared/model/config.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const empty = configAfter([]);

/** The configuration with the edits; fails if it is not a valid one. */
function configAfter(edits: readonly ConfigEdit[], text = ''): HoldfastConfig {
  const editor = new ConfigEditor(text, { file: '/nowhere/config.toml' });
  applyEdits(editor, edits);
  return editor.check().config;
}

interface Given {
  readonly aliases?: readonly string[];
  readonly config?: HoldfastConfig;
  readonly mayRunCommands?: boolean;
  readonly sshProgram?: string;
  readonly signal?: AbortSignal;
  /** Further files below `.ssh`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Imports from a real file through the real ssh, in a home of its own. */
async function imported(text: string, given: Given = {}) {
  const home = tempFolder();
  mkdirSync(home.file('.ssh', 'conf.d'), { recursive: true });
  const file = home.file('.ssh', 'config');
  // HOME stands for the folder of this test in the texts.
  const filled = (one: string): string => one.replaceAll('@HOME@', home.path);
  writeFileSync(file, filled(text), { mode: 0o600 });
  for (const [name, content] of Object.entries(given.files ?? {}))
    writeFileSync(home.file('.ssh', name), filled(content), { mode: 0o600 });
  const before = fingerprint(file);
  const result = await importSshConfig(given.aliases ?? ['a'], {
    file,
    config: given.config ?? empty,
    mayRunCommands: given.mayRunCommands ?? false,
    home: home.path,
    ...(given.sshProgram === undefined ? {} : { sshProgram: given.sshProgram }),
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  });
  expect(fingerprint(file)).toEqual(before);
  const hosts: Record<string, Readonly<Record<string, ConfigValue>>> = {};
  const tunnels: Record<string, Readonly<Record<string, ConfigValue>>> = {};
  for (const edit of result.edits) {
    if (edit.op === 'add-host') hosts[edit.name] = edit.values;
    if (edit.op === 'add-tunnel') tunnels[edit.name] = edit.values;
  }
  if (given.config === undefined) configAfter(result.edits);
  return { ...result, hosts, tunnels, home: home.path };
}

function fingerprint(file: string): unknown {
  return { sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), mtimeMs: statSync(file).mtimeMs };
}

describe('importSshConfig through the real ssh -G', () => {
  test.each<[string, Record<string, ConfigValue>]>([
    ['', { address: 'a' }],
    ['HostName %h.Example.ORG', { address: 'a.example.org' }],
    ['HostName 2001:db8::1', { address: '2001:db8::1' }],
    ['User me\n User you', { address: 'a', user: 'me' }],
    [`User ${userInfo().username}`, { address: 'a' }],
    ['Port 2222\n Port 22', { address: 'a', port: 2222 }],
    ['HostKeyAlias box', { address: 'a', 'host-key-alias': 'box' }],
    ['IdentityFile /k/b\n IdentityFile /k/a', { address: 'a', identity: ['/k/b', '/k/a'] }],
    ['IdentityFile "/k/my key"', { address: 'a', identity: ['/k/my key'] }],
    [
      'IdentityFile ~/.ssh/id_%r@%h:%p_%n',
      { address: 'a', identity: [`@HOME@/.ssh/id_${userInfo().username}@a:22_a`] },
    ],
    [
      'IdentityFile %d/%u/%L/%%/%i',
      {
        address: 'a',
        identity: [`@HOME@/${userInfo().username}/${hostname().split('.')[0] ?? ''}/%/${process.getuid?.() ?? ''}`],
      },
    ],
    ['HostKeyAlias k\n IdentityFile /x/%k%j', { address: 'a', 'host-key-alias': 'k', identity: ['/x/k'] }],
    ['IdentityFile ${HOME}/x', { address: 'a', identity: ['@HOME@/x'] }],
    ['IdentitiesOnly yes', { address: 'a', 'identities-only': true }],
    [
      'CertificateFile ~/c1.pub\n CertificateFile /c2.pub',
      { address: 'a', certificates: ['@HOME@/c1.pub', '/c2.pub'] },
    ],
    ['IdentityAgent none', { address: 'a', agent: false }],
    ['IdentityAgent SSH_AUTH_SOCK', { address: 'a', agent: true }],
    ['IdentityAgent /run/%h.sock', { address: 'a', agent: '/run/a.sock' }],
    ['ServerAliveInterval 2m\n ServerAliveCountMax 7', { address: 'a', 'alive-interval': '2m', 'alive-count-max': 7 }],
    ['ServerAliveInterval 0', { address: 'a' }],
    ['ConnectTimeout 1h30m', { address: 'a', 'connect-timeout': '1h30m' }],
    ['TCPKeepAlive no\n Compression yes', { address: 'a', 'tcp-keep-alive': false, compression: true }],
    ['AddressFamily inet6\n BindAddress ::1', { address: 'a', 'address-family': 'inet6', 'bind-address': '::1' }],
    ['StrictHostKeyChecking yes', { address: 'a', 'host-key-policy': 'strict' }],
    ['StrictHostKeyChecking accept-new', { address: 'a', 'host-key-policy': 'accept-new' }],
    ['HashKnownHosts yes', { address: 'a', 'hash-known-hosts': true }],
    ['UpdateHostKeys no', { address: 'a', 'update-host-keys': false }],
    ['RekeyLimit 512M 30m', { address: 'a', 'rekey-bytes': '512M', 'rekey-interval': '30m' }],
    [
      'HostKeyAlgorithms +ssh-rsa\n PubkeyAcceptedAlgorithms +ssh-rsa',
      { address: 'a', 'legacy-algorithms': ['ssh-rsa'] },
    ],
    [
      'UserKnownHostsFile "/k/my known/%h" /x/y',
      {
        address: 'a',
        'known-hosts': ['/k/my known/a', '/x/y', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        'update-host-keys': false,
      },
    ],
    [
      'UserKnownHostsFile /x/y\n UpdateHostKeys yes',
      {
        address: 'a',
        'known-hosts': ['/x/y', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        'update-host-keys': true,
      },
    ],
    ['ProxyCommand nc -x p:1 %h %p', { address: 'a', 'proxy-command': 'nc -x p:1 %h %p' }],
    ['ProxyCommand nc %n %r %k %% x', { address: 'a', 'proxy-command': 'nc a %r a %% x' }],
    ['ProxyCommand none', { address: 'a' }],
    ['ProxyJump none', { address: 'a' }],
    ['ExitOnForwardFailure yes\n SendEnv LANG\n ControlMaster auto', { address: 'a' }],
  ])('%j', async (options, values) => {
    const { hosts, skipped, home, tunnels } = await imported(`Host a\n ${options}\n`);
    expect(skipped).toEqual([]);
    const wanted = JSON.parse(JSON.stringify(values).replaceAll('@HOME@', home)) as unknown;
    expect(hosts).toEqual({ a: wanted });
    expect(tunnels).toEqual({});
  });

  test('the connection hash %C is what ssh makes of it', async () => {
    // UserKnownHostsFile is the one option that ssh -G fills in by itself.
    const { hosts } = await imported('Host a\n User me\n Port 77\n UserKnownHostsFile /x/%C\n IdentityFile /x/%C\n');
    const known = hosts['a']?.['known-hosts'];
    expect(hosts['a']?.['identity']).toEqual(Array.isArray(known) ? known.slice(0, 1) : []);
  });

  test.each<[string, string]>([
    ['AddKeysToAgent confirm 3600', 'AddKeysToAgent confirm 3600 is left out'],
    ['IdentityAgent $SOME_AGENT', 'IdentityAgent $SOME_AGENT is left out'],
    ['ForwardAgent yes', 'ForwardAgent yes is left out'],
    ['StrictHostKeyChecking no', 'StrictHostKeyChecking false is left out'],
    ['UserKnownHostsFile /dev/null', 'UserKnownHostsFile /dev/null is left out'],
    ['ServerAliveCountMax 0', 'ServerAliveCountMax 0 is left out'],
    ['SetEnv C="d e"', 'SetEnv C=d e is left out'],
    ['RemoteCommand ls', 'RemoteCommand ls is left out'],
    ['Ciphers aes128-ctr', 'The shorter list of Ciphers is left out'],
    ['IdentityFile /nowhere/key', 'the key file /nowhere/key is not there'],
    ['ProxyCommand nc %h %p', 'Holdfast will run the command: nc %h %p'],
    ['LocalForward "/tmp/my /l.sock" /r.sock', 'a path with a space'],
    ['LocalForward *:8080 db:1', 'local *:8080 -> db:1 listens at all addresses'],
  ])('%s is said', async (options, note) => {
    const { hosts, notes, skipped } = await imported(`Host a\n ${options}\n`);
    expect(skipped).toEqual([]);
    expect(Object.keys(hosts)).toEqual(['a']);
    expect(notes.filter((one) => one.includes(note))).toHaveLength(1);
    expect(notes.every((one) => one.startsWith('a: '))).toBe(true);
  });

  test.each<[string, ConfigValue[]]>([
    ['LocalForward 8080 db:5432', ['local 8080 -> db:5432']],
    ['LocalForward 127.0.0.1:8081 [2001:db8::1]:80', ['local 127.0.0.1:8081 -> [2001:db8::1]:80']],
    ['LocalForward localhost:8083 x:1', ['local localhost:8083 -> x:1']],
    ['LocalForward *:8082 x:1\n LocalForward :8084 x:1', ['local *:8082 -> x:1', 'local *:8084 -> x:1']],
    ['GatewayPorts yes\n LocalForward 8080 x:1\n DynamicForward 1080', ['local *:8080 -> x:1', 'dynamic *:1080']],
    ['LocalForward 8080 x:1\n LocalForward 8080 x:1', ['local 8080 -> x:1']],
    ['LocalForward /tmp/l-%h.sock /r.sock', ['local /tmp/l-a.sock -> /r.sock']],
    // ssh -G shows these as DynamicForwards too; there is no SOCKS port.
    ['LocalForward 8085 /r.sock\n LocalForward /l.sock x:1', ['local 8085 -> /r.sock', 'local /l.sock -> x:1']],
    ['LocalForward localhost:8085 /r.sock\n DynamicForward 1080', ['local localhost:8085 -> /r.sock', 'dynamic 1080']],
    [
      'StreamLocalBindUnlink yes\n LocalForward /l.sock x:1',
      [{ type: 'local', listen: '/l.sock', unlink: true, to: 'x:1' }],
    ],
    ['DynamicForward 1080\n DynamicForward localhost:1081', ['dynamic 1080', 'dynamic localhost:1081']],
    ['RemoteForward 9000 localhost:3000', ['remote 9000 -> localhost:3000']],
    ['RemoteForward 0 localhost:3000', ['remote 0 -> localhost:3000']],
    ['RemoteForward 9001', ['remote-dynamic 9001']],
    ['RemoteForward *:9002 x:1', ['remote *:9002 -> x:1']],
    [
      'RemoteForward /run/u.sock x:1\n RemoteForward 9005 /run/x.sock',
      ['remote /run/u.sock -> x:1', 'remote 9005 -> /run/x.sock'],
    ],
  ])('forwards: %j', async (options, forwards) => {
    const { tunnels, skipped, notes } = await imported(`Host a\n ${options}\n`);
    expect(skipped).toEqual([]);
    expect(tunnels).toEqual({ a: { host: 'a', start: 'manual', forwards } });
    expect(notes.filter((note) => !note.includes('all addresses'))).toEqual([]);
  });

  test('ClearAllForwardings leaves no tunnel', async () => {
    expect((await imported('Host a\n LocalForward 1 x:1\n ClearAllForwardings yes\n')).tunnels).toEqual({});
  });

  test('every hop is resolved by itself; later hops are reached through those before', async () => {
    const { hosts, skipped } = await imported(`
Host a
  ProxyJump me@j1:2201,[2001:db8::2]:2202,j3
Host j1
  HostName j1.example.org
  Port 22
  User other
  IdentityFile /k/j1
  HostKeyAlias jay
  ProxyJump j0
  LocalForward 1 x:1
Host j0
  HostName j0.example.org
Host j3
  HostName j3.example.org
  ProxyJump nowhere
`);
    expect(skipped).toEqual([]);
    expect(hosts).toEqual({
      j0: { address: 'j0.example.org' },
      j1: {
        address: 'j1.example.org',
        port: 2201,
        user: 'me',
        identity: ['/k/j1'],
        'host-key-alias': 'jay',
        jump: ['j0'],
      },
      '2001-db8-2': { address: '2001:db8::2', port: 2202 },
      j3: { address: 'j3.example.org' },
      a: { address: 'a', jump: ['j0', 'j1', '2001-db8-2', 'j3'] },
    });
  });

  test('hops that are imported too, or known already, are one host', async () => {
    const text = 'Host a b\n ProxyJump j\nHost j\n HostName j.example.org\n User me\n';
    const { hosts } = await imported(text, { aliases: ['a', 'b', 'j'] });
    expect(Object.keys(hosts).sort()).toEqual(['a', 'b', 'j']);
    const config = configAfter([{ op: 'add-host', name: 'jump', values: { address: 'j.example.org', user: 'me' } }]);
    const again = await imported(text, { config });
    expect(again.hosts).toEqual({ a: { address: 'a', jump: ['jump'] } });
  });

  test('an old ProxyCommand with ssh -W is a jump; the first of the two counts', async () => {
    expect((await imported('Host a\n ProxyCommand ssh -q -W %h:%p me@j\n')).hosts['a']).toEqual({
      address: 'a',
      jump: ['j'],
    });
    expect((await imported('Host a\n ProxyCommand nc %h %p\n ProxyJump j\n')).hosts['a']).toEqual({
      address: 'a',
      'proxy-command': 'nc %h %p',
    });
    expect((await imported('Host a\n ProxyJump j\n ProxyCommand nc %h %p\n')).hosts['a']).toEqual({
      address: 'a',
      jump: ['j'],
    });
  });

  test('the proxy of the first hop comes along', async () => {
    const { hosts } = await imported('Host a\n ProxyJump j\nHost j\n ProxyCommand nc %h %p\n');
    expect(hosts).toEqual({ j: { address: 'j', 'proxy-command': 'nc %h %p' }, a: { address: 'a', jump: ['j'] } });
  });

  test.each<[string, string, RegExp]>([
    ['an unknown option', 'Host a\n Frobnicate yes\n', /ssh says: .*frobnicate/i],
    ['a bad port', 'Host a\n Port no\n', /ssh says: .*port/i],
    ['bad quotes', 'Host a\n User "x\n', /ssh says/],
    ['a bad forward', 'Host a\n LocalForward nonsense x\n', /ssh says: .*forward/i],
    ['a host name that is an option', 'Host a\n HostName -oProxyCommand=x\n', /./],
    ['a circle', 'Host a\n ProxyJump b\nHost b\n ProxyJump a\n', /circle|loop/],
    ['a hop that fails', 'Host a\n ProxyJump bad\nHost bad\n UserKnownHostsFile %q\n', /jump host bad: ssh says/],
    ['a token in a command that nobody knows', 'Host a\n ProxyCommand nc %q\n', /./],
    ['a variable that is not set', 'Host a\n IdentityAgent ${HOLDFAST_NOT_SET}\n', /ssh says: .*no value/],
    ['an Include without end', 'Include config\nHost a\n', /ssh says: .*includ/i],
  ])('%s: the alias is skipped, with the reason', async (_what, text, reason) => {
    const { edits, skipped } = await imported(text);
    expect(edits).toEqual([]);
    expect(skipped).toEqual([{ alias: 'a', reason: expect.stringMatching(reason) }]);
  });

  test('one that fails does not keep the others', async () => {
    const { hosts, skipped } = await imported('Host b\n UserKnownHostsFile %q\nHost c\n HostName -x\n', {
      aliases: ['a', 'b', 'c'],
    });
    expect(Object.keys(hosts)).toEqual(['a']);
    expect(skipped.map(({ alias }) => alias).sort()).toEqual(['b', 'c']);
  });

  test.each(['-oProxyCommand=touch x', 'a b', 'a;b', '$(id)', 'a\nb', '', '../a', 'a:b', 'me@a', '-G'])(
    'the name %j goes nowhere',
    async (alias) => {
      const { edits, skipped } = await imported('Host *\n', { aliases: [alias] });
      expect(edits).toEqual([]);
      expect(skipped).toHaveLength(1);
    },
  );

  test('names with / + : ü become the nearest that can be names here, and are found again', async () => {
    const aliases = ['a/b', 'a+b', 'x:y', 'ü'];
    const text = aliases
      .map((alias, at) => `Host ${alias}\n HostName 10.0.0.${at}\n LocalForward ${at + 1} a:1\n`)
      .join('');
    const { hosts, tunnels, skipped, notes, edits } = await imported(text, { aliases });
    expect(skipped).toEqual([]);
    expect(Object.values(hosts).map(({ address }) => address)).toEqual(aliases.map((_, at) => `10.0.0.${at}`));
    expect(Object.keys(hosts).slice(0, 3)).toEqual(['a-b', 'a-b-2', 'x-y']);
    expect(Object.keys(tunnels)).toHaveLength(4);
    expect(notes).toContain('a+b: it is called a-b-2 here.');
    const again = await imported(text, { aliases, config: configAfter(edits) });
    expect(again.edits).toEqual([]);
    expect(again.skipped.map(({ reason }) => reason)).toEqual(aliases.map(() => 'It is in the configuration already.'));
  });

  test('paths with blanks in forwards', async () => {
    const { tunnels, notes } = await imported(
      'Host a\n LocalForward "/l/my sock" "/r/your sock"\n LocalForward 8080 "/r/a b"\n LocalForward "/l/c d" db:1\n',
    );
    expect(notes).toEqual([]);
    const specs = (tunnels['a']?.['forwards'] ?? []) as string[];
    expect(specs).toHaveLength(3);
    const parsed = configAfter([
      { op: 'add-host', name: 'a', values: { address: 'a' } },
      { op: 'add-tunnel', name: 'a', values: { host: 'a', forwards: specs } },
    ]);
    const forwards = parsed.tunnels.get('a')?.forwards ?? [];
    expect(forwards.map(({ kind }) => kind)).toEqual(['local', 'local', 'local']);
    expect(forwards[0]).toMatchObject({ listen: { path: '/l/my sock' }, target: { path: '/r/your sock' } });
    expect(forwards[1]).toMatchObject({ target: { path: '/r/a b' } });
    expect(forwards[2]).toMatchObject({ listen: { path: '/l/c d' } });
  });

  test('Include, Match and the first value count as for ssh', async () => {
    const { hosts } = await imported(
      'Include conf.d/*.conf\nMatch host a.example.org\n User me\nHost *\n Port 99\n User other\n',
      {
        files: {
          'conf.d/1.conf': 'Host a\n HostName a.example.org\n Port 77\n',
          'conf.d/2.conf': 'Host a\n Port 88\n',
        },
      },
    );
    expect(hosts).toEqual({ a: { address: 'a.example.org', port: 77, user: 'me' } });
  });

  test('a file with CRLF is read', async () => {
    expect((await imported('Host a\r\n  Port 77\r\n')).hosts).toEqual({ a: { address: 'a', port: 77 } });
  });

  test('Match exec runs nothing without consent, and once a question with it', async () => {
    const text = 'Match exec "echo run >>@HOME@/ran"\n User me\nHost a\n Port 77\n';
    const refused = await imported(text);
    expect(refused).toMatchObject({
      edits: [],
      skipped: [{ alias: 'a', reason: expect.stringContaining('Match exec') }],
    });
    expect(existsSync(`${refused.home}/ran`)).toBe(false);
    const ran = await imported(text, { mayRunCommands: true });
    expect(readFileSync(`${ran.home}/ran`, 'utf8')).toBe('run\n');
    expect(ran.hosts).toEqual({ a: { address: 'a', port: 77, user: 'me' } });
  });

  test('what is there already is said; another host of that name is left alone', async () => {
    const text = 'Host a\n Port 77\n LocalForward 1 x:1\n';
    const first = await imported(text);
    const config = configAfter(first.edits);
    expect(await imported(text, { config })).toMatchObject({
      edits: [],
      skipped: [{ alias: 'a', reason: expect.stringContaining('already') }],
    });
    const other = configAfter([{ op: 'add-host', name: 'a', values: { address: 'elsewhere' } }]);
    expect(await imported(text, { config: other })).toMatchObject({
      edits: [],
      skipped: [{ alias: 'a', reason: expect.stringContaining('another host') }],
    });
  });

  test('without an ssh every alias is skipped', async () => {
    const { skipped } = await imported('Host a\n', { sshProgram: '/nowhere/ssh', aliases: ['a', 'b'] });
    expect(skipped).toEqual(['a', 'b'].map((alias) => ({ alias, reason: '/nowhere/ssh is not installed.' })));
  });

  test('asks each question once, at most four at a time', async () => {
    const folder = tempFolder();
    const program = folder.file('ssh');
    // Counts how many of it run at once, then lets the real one answer.
    writeFileSync(
      program,
      `#!/bin/sh
mkdir -p ${folder.path}/now
touch ${folder.path}/now/$$
ls ${folder.path}/now | wc -l >>${folder.path}/counts
sleep 0.05
rm ${folder.path}/now/$$
exec ssh "$@"
`,
    );
    chmodSync(program, 0o755);
    const aliases = Array.from({ length: 10 }, (_item, index) => `h${index}`);
    const { hosts } = await imported('Host h*\n ProxyJump j\n', { aliases, sshProgram: program });
    expect(Object.keys(hosts)).toHaveLength(11);
    const counts = readFileSync(folder.file('counts'), 'utf8').trim().split('\n').map(Number);
    // The defaults, ten aliases, one hop.
    expect(counts).toHaveLength(12);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  test('ends what it asked when nobody waits any more, and asks no more', async () => {
    const folder = tempFolder();
    const program = folder.file('ssh');
    writeFileSync(
      program,
      `#!/bin/sh\necho $$ >>${folder.path}/began\n[ "$3" = none ] && exec ssh "$@"\nexec sleep 60\n`,
    );
    chmodSync(program, 0o755);
    const began = (): number[] =>
      existsSync(folder.file('began')) ? readFileSync(folder.file('began'), 'utf8').trim().split('\n').map(Number) : [];
    const aliases = Array.from({ length: 10 }, (_item, index) => `h${index}`);
    const left = new AbortController();
    const result = imported('Host h*\n', { aliases, sshProgram: program, signal: left.signal });
    await until(() => began().length === 5, { what: 'the defaults and four questions', seen: began });
    left.abort();
    const { skipped } = await result;
    expect(skipped.map(({ alias }) => alias)).toEqual(aliases);
    expect(began()).toHaveLength(5);
    await until(() => began().every((pid) => !existsSync(`/proc/${pid}`)), { what: 'the processes to end' });
  });

  test('gives the same with another HOME', async () => {
    const before = process.env['HOME'];
    const text = 'Host a\n IdentityFile /k/%u\n UserKnownHostsFile /x/y\n';
    const one = await imported(text);
    process.env['HOME'] = '/nowhere';
    try {
      const other = await imported(text);
      expect(other.hosts).toEqual(one.hosts);
    } finally {
      process.env['HOME'] = before;
    }
  });

  test('lists what it imports', async () => {
    const home = tempFolder();
    const file = home.file('config');
    writeFileSync(file, 'Host a b *.c\nHost d\n');
    const { aliases } = await listSshConfig(file, home.path);
    const { edits } = await importSshConfig(aliases, { file, config: empty, mayRunCommands: false, home: home.path });
    expect([...configAfter(edits).hosts.keys()]).toEqual(['a', 'b', 'd']);
  });
});

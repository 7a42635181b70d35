import * as fc from 'fast-check';
import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { ConfigEdit } from '../../../src/shared/contract/editing-calls.ts';
import { applyEdits } from '../../../src/main/engine/config/config-edits.ts';
import { ConfigEditor } from '../../../src/main/engine/config/edit.ts';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import { formatSshCommand, parseSshCommand } from '../../../src/main/engine/interop/ssh-command.ts';
import { algorithmOffer } from '../../../src/main/engine/ssh/algorithms.ts';
import { sameHost } from '../../../src/main/engine/interop/host-plan.ts';
import type { HoldfastConfig } from '../../../src/shared/model/config.ts';

const home = homedir();
const file = `${home}/config.toml`;

function configOf(text: string): HoldfastConfig {
  const parsed = parseConfig(text, { file });
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const empty = configOf('');

function parse(text: string, config = empty) {
  return parseSshCommand(text, { config, home });
}

/** The values of the host that the tunnel goes to, and of the tunnel. */
function made(text: string) {
  const result = parse(text);
  expect(result.problem).toBeNull();
  const tunnel = result.edits.find((edit) => edit.op === 'add-tunnel');
  if (tunnel?.op !== 'add-tunnel') throw new Error('no tunnel');
  const host = result.edits.find((edit) => edit.op === 'add-host' && edit.name === tunnel.values['host']);
  return { ...result, host: host?.op === 'add-host' ? host.values : null, values: tunnel.values };
}

function applied(edits: readonly ConfigEdit[], text = ''): HoldfastConfig {
  const editor = new ConfigEditor(text, { file });
  applyEdits(editor, edits);
  return editor.check().config;
}

describe('parseSshCommand', () => {
  test('makes a host and a tunnel', () => {
    expect(parse('ssh -N -L 5432:db.internal:5432 me@bastion.example.org')).toEqual({
      problem: null,
      edits: [
        { op: 'add-host', name: 'bastion', values: { address: 'bastion.example.org', user: 'me' } },
        {
          op: 'add-tunnel',
          name: 'bastion',
          values: { host: 'bastion', forwards: ['local 5432 -> db.internal:5432'] },
        },
      ],
      tunnel: 'bastion',
      notes: [],
      said: { problem: null, notes: [] },
    });
  });

  test.each([
    ['-p 2222', { port: 2222 }],
    ['-p2222', { port: 2222 }],
    ['-p 2222 -o Port=33', { port: 2222 }],
    ['-l you', { user: 'you' }],
    ['-i ~/.ssh/a -i /k/b', { identity: ['~/.ssh/a', '/k/b'] }],
    ['-i %d/.ssh/a', { identity: ['~/.ssh/a'] }],
    ['-C', { compression: true }],
    ['-4', { 'address-family': 'inet' }],
    ['-46', { 'address-family': 'inet6' }],
    ['-b 10.0.0.7', { 'bind-address': '10.0.0.7' }],
    ['-NTnqvf', {}],
    ['-o HostKeyAlias=box', { 'host-key-alias': 'box' }],
    ['-oIdentitiesOnly=yes', { 'identities-only': true }],
    ['-o "IdentitiesOnly yes"', { 'identities-only': true }],
    ['-o "identitiesonly = yes"', { 'identities-only': true }],
    ['-o IdentityAgent=none', { agent: false }],
    ['-o PreferredAuthentications=password,publickey', { 'auth-methods': ['password', 'publickey'] }],
    ['-o PreferredAuthentications=publickey,keyboard-interactive,password', {}],
    ['-o PubkeyAuthentication=no', { 'auth-methods': ['keyboard-interactive', 'password'] }],
    ['-o PubkeyAuthentication=host-bound', {}],
    ['-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no', { 'auth-methods': ['publickey'] }],
    [
      '-o PasswordAuthentication=no -o PreferredAuthentications=password,keyboard-interactive,publickey',
      { 'auth-methods': ['keyboard-interactive', 'publickey'] },
    ],
    [
      '-o PreferredAuthentications=password,keyboard-interactive -o ChallengeResponseAuthentication=no',
      { 'auth-methods': ['password'] },
    ],
    ['-o IdentityAgent=/run/a.sock', { agent: '/run/a.sock' }],
    ['-o ServerAliveInterval=2m -o ServerAliveCountMax=5', { 'alive-interval': '2m', 'alive-count-max': 5 }],
    ['-o ServerAliveInterval=30 -o ServerAliveInterval=40', { 'alive-interval': '30s' }],
    ['-o ConnectTimeout=10', { 'connect-timeout': '10s' }],
    ['-o ConnectTimeout=none', { 'connect-timeout': '0s' }],
    ['-o StrictHostKeyChecking=yes', { 'host-key-policy': 'strict' }],
    ['-o StrictHostKeyChecking=accept-new', { 'host-key-policy': 'accept-new' }],
    ['-o StrictHostKeyChecking=ask', {}],
    [
      '-o UserKnownHostsFile=/x/known',
      {
        'known-hosts': ['/x/known', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        'update-host-keys': false,
      },
    ],
    ['-o UpdateHostKeys=no', { 'update-host-keys': false }],
    [
      '-o User=you -o HashKnownHosts=yes -o TCPKeepAlive=no',
      { user: 'you', 'hash-known-hosts': true, 'tcp-keep-alive': false },
    ],
    ['-o CertificateFile=~/c.pub', { certificates: ['~/c.pub'] }],
    ['-o BindAddress=::1', { 'bind-address': '::1' }],
    ['-o RekeyLimit="512M 1h"', { 'rekey-bytes': '512M', 'rekey-interval': '1h' }],
    ['-o HostKeyAlgorithms=+ssh-rsa', { 'legacy-algorithms': ['ssh-rsa'] }],
    ['-o ExitOnForwardFailure=yes', {}],
    ['-o Compression=yes', { compression: true }],
    ['-o HostName=10.0.0.1', { address: '10.0.0.1' }],
  ])('%s', (options, values) => {
    const result = made(`ssh ${options} -L 1:a:1 h.example.org`);
    expect(result.host).toEqual({ address: 'h.example.org', ...values });
    // Whom such an option trusts is said; the tests below look at the words.
    expect(result.notes.filter((note) => !/^(StrictHostKey|UserKnownHosts)|legacy-alg/.test(note))).toEqual([]);
    applied(result.edits);
  });

  test.each([
    ['-A', '-A is left out: Holdfast does not lend your agent to servers.'],
    ['-o ForwardAgent=yes', 'ForwardAgent yes is left out'],
    ['-o StrictHostKeyChecking=no', 'StrictHostKeyChecking no is left out'],
    ['-o UserKnownHostsFile=/dev/null', 'UserKnownHostsFile /dev/null is left out'],
    ['-o ServerAliveCountMax=0', 'ServerAliveCountMax 0 is left out'],
    ['-o PreferredAuthentications=gssapi-with-mic,publickey', 'PreferredAuthentications gssapi-with-mic is left out'],
    ['-o PubkeyAuthentication=maybe', 'PubkeyAuthentication maybe is left out'],
    ['-o Frobnicate=7', 'Frobnicate 7 is left out'],
    ['-o nonsense', '-o nonsense is left out'],
    ['-Z', '-Z is left out'],
    ['-F other', '-F other is left out'],
    ['-w 0:0', '-w 0:0 is left out'],
    ['-X', '-X is left out'],
    ['-E log', '-E log is left out'],
    ['-o SetEnv=A=b', 'SetEnv A=b is left out'],
    ['-i key.pem', 'key.pem is a relative path'],
    ['-o StrictHostKeyChecking=accept-new', 'is not known yet is taken without a question'],
    ['-o UserKnownHostsFile=/x/known', 'host keys are looked up and kept there'],
    ['-b eth0', 'BindAddress eth0 is left out'],
  ])('%s is said', (options, note) => {
    const result = made(`ssh ${options} -L 1:a:1 h.example.org`);
    expect(result.notes).toEqual([expect.stringContaining(note)]);
    applied(result.edits);
  });

  const goes = (name: string) => `${name} goes to legacy-algorithms, to be offered behind the safe ones.`;
  test.each<[string, readonly string[], readonly string[]]>([
    ['-c aes128-cbc', ['aes128-cbc'], [goes('Ciphers aes128-cbc')]],
    [
      '-c aes128-ctr,3des-cbc,aes256-cbc',
      ['3des-cbc', 'aes256-cbc'],
      [goes('Ciphers 3des-cbc,aes256-cbc'), 'shorter list of Ciphers'],
    ],
    ['-c +aes256-cbc', ['aes256-cbc'], [goes('Ciphers aes256-cbc')]],
    ['-c ^aes128-cbc', ['aes128-cbc'], [goes('Ciphers aes128-cbc')]],
    ['-c aes256-gcm@openssh.com', [], ['shorter list of Ciphers']],
    ['-m hmac-sha1', ['hmac-sha1'], [goes('MACs hmac-sha1')]],
    ['-m hmac-sha2-256,hmac-sha1', [], ['shorter list of MACs']],
    ['-m umac-64@openssh.com', [], ['MACs umac-64@openssh.com is left out: Holdfast does not have it']],
    ['-o MACs=-hmac-sha1*', [], ['MACs -hmac-sha1* is left out']],
    [
      '-o KexAlgorithms=+diffie-hellman-group1-sha1',
      ['diffie-hellman-group1-sha1'],
      [goes('KexAlgorithms diffie-hellman-group1-sha1')],
    ],
    ['-o KexAlgorithms=sntrup761x25519-sha512@openssh.com,curve25519-sha256', [], ['shorter list of KexAlgorithms']],
    [
      '-o HostKeyAlgorithms=ssh-rsa,ssh-ed25519-cert-v01@openssh.com,ssh-ed25519',
      ['ssh-rsa'],
      [goes('HostKeyAlgorithms ssh-rsa'), 'shorter list'],
    ],
    ['-o Ciphers=+arcfour', [], ['Ciphers arcfour is left out: Holdfast does not have it']],
    // Of another kind.
    ['-c hmac-md5', [], ['Ciphers hmac-md5 is left out']],
  ])('algorithms: %s', (options, legacy, notes) => {
    const result = made(`ssh ${options} -L 1:a:1 h.example.org`);
    expect(result.host?.['legacy-algorithms'] ?? []).toEqual(legacy);
    expect(result.notes).toEqual(notes.map((note) => expect.stringContaining(note)));
    const host = applied(result.edits).hosts.get('h');
    if (!host) throw new Error('no host');
    const offer = algorithmOffer(host, (names) => names);
    expect([...offer.kex, ...offer.serverHostKey, ...offer.cipher, ...offer.mac]).toEqual(
      expect.arrayContaining([...legacy]),
    );
  });

  test('a command to connect with is said as a whole, and its tunnel does not start by itself', () => {
    const command = `nc -x ${'p'.repeat(300)}:1 %h %p`;
    const result = made(`ssh -o 'ProxyCommand=${command}' -L 1:a:1 h.example.org`);
    expect(result.notes).toEqual([
      `To connect, Holdfast will run the command: ${command}`,
      expect.stringContaining('start = "manual"'),
    ]);
    expect(result.values['start']).toBe('manual');
    // Over the host that is there then, and behind it as a jump host, too.
    const config = applied(result.edits);
    for (const next of ['ssh -L 2:a:2 h', 'ssh -J h -L 2:a:2 z.example.org'])
      expect(parse(next, config).edits.at(-1)).toMatchObject({ op: 'add-tunnel', values: { start: 'manual' } });
  });

  test('jump hosts become hosts of their own, in order', () => {
    const result = made('ssh -J a@j1.example.org:2201,b@[2001:db8::2],j3 -L 1:a:1 h.example.org');
    expect(result.edits.flatMap((edit) => (edit.op === 'add-host' ? [[edit.name, edit.values]] : []))).toEqual([
      ['j1', { address: 'j1.example.org', port: 2201, user: 'a' }],
      ['2001-db8-2', { address: '2001:db8::2', user: 'b' }],
      ['j3', { address: 'j3' }],
      ['h', { address: 'h.example.org', jump: ['j1', '2001-db8-2', 'j3'] }],
    ]);
    expect(applied(result.edits).hosts.get('h')?.jump).toEqual(['j1', '2001-db8-2', 'j3']);
  });

  test.each([
    ['-o ProxyJump=j', ['j']],
    ['-o "ProxyCommand=ssh -W %h:%p me@j"', ['j']],
    ['-o "ProxyCommand ssh -q -p 22 j -W [%h]:%p"', ['j']],
    ['-J none', undefined],
    ['-J a -o ProxyCommand=x', ['a']],
  ])('the way in: %s', (options, jump) => {
    expect(made(`ssh ${options} -L 1:a:1 h.example.org`).host?.['jump']).toEqual(jump);
  });

  test.each([
    ['/usr/bin/ssh -L 1:a:1 h.x'],
    ['ssh h.x -L 1:a:1'],
    ['ssh -L 1:a:1 -- h.x'],
    ['nohup ssh -L 1:a:1 h.x &'],
    ['exec ssh -L 1:a:1 h.x 2>/dev/null'],
    ['$ ssh -L 1:a:1 h.x'],
    ['ssh -o LocalForward="1 a:1" h.x'],
    ['ssh.exe -L 1:a:1 h.x'],
    ['ssh -L 1:a:1 -L 1:a:1 h.x'],
  ])('%s', (text) => {
    const result = made(text);
    expect(result).toMatchObject({ host: { address: 'h.x' }, values: { forwards: ['local 1 -> a:1'] }, notes: [] });
  });

  test('ssh:// and -l: what stands first wins', () => {
    expect(made('ssh -L 1:a:1 ssh://me@h.x:2222').host).toEqual({ address: 'h.x', user: 'me', port: 2222 });
    expect(made('ssh -l you -p 1 -L 1:a:1 ssh://me@h.x:2222').host).toEqual({ address: 'h.x', user: 'you', port: 1 });
  });

  test('a command on the server, another command and variables are said', () => {
    const { notes } = made('LANG=C ssh -L 1:a:1 h.x tail -f log; ls');
    expect(notes).toEqual([
      'What follows is no part of the command and is left out: ; ls',
      'The command on the server is left out: tail -f log',
      'LANG is left out: Holdfast sets no variables.',
    ]);
  });

  test('the password of sshpass goes nowhere', () => {
    const result = made('sshpass -p hunter2 ssh -L 1:a:1 h.x');
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(result.notes).toHaveLength(1);
  });

  test.each([
    ['autossh -M 0 -N -L 1:a:1 h.x', {}],
    ['autossh -M 20000 -L 1:a:1 h.x', { probe: 'loop' }],
    ['autossh -M20000:7 -L 1:a:1 h.x', { probe: { type: 'echo', host: 'localhost', port: 7 } }],
    ['autossh -M 0 -f -L 1:a:1 h.x', { 'gate-time': '0s' }],
    [
      'AUTOSSH_GATETIME=0 AUTOSSH_POLL=30 AUTOSSH_FIRST_POLL=10 autossh -M 0 -L 1:a:1 h.x',
      { 'gate-time': '0s', poll: '30s', 'first-poll': '10s' },
    ],
    [
      'AUTOSSH_MAXSTART=5 AUTOSSH_MAXLIFETIME=3600 AUTOSSH_PORT=0 autossh -M 20000 -L 1:a:1 h.x',
      { 'max-starts': 5, 'max-lifetime': '1h' },
    ],
  ])('%s', (text, values) => {
    const result = made(text);
    expect(result.values).toEqual({ host: 'h', forwards: ['local 1 -> a:1'], backoff: 'autossh', ...values });
    expect(result.notes).toEqual([]);
    applied(result.edits);
  });

  test('what autossh would refuse is said', () => {
    const { notes } = made('AUTOSSH_POLL=0 AUTOSSH_DEBUG=1 AUTOSSH_MAXSTART=0 autossh -M x -L 1:a:1 h.x');
    expect(notes).toHaveLength(4);
  });

  test.each([
    ['ssh h', 'forwards nothing'],
    ['ssh -L 1:a:1', 'names no host'],
    ['ssh -L 1:a', 'no host|no forward'],
    ['ssh -L 1:a h', 'no forward'],
    ['ssh -L', 'without its value'],
    ['ssh -J a:b:c -L 1:a:1 h', 'no jump host'],
    ['ssh -J j,j -L 1:a:1 h', 'twice'],
    ['ssh -L 1:a:1 me@-x', 'no host'],
    ['scp a b', 'no ssh'],
    ['', 'no command'],
    ['ssh "x', 'without its other end'],
  ])('%j is none: %s', (text, why) => {
    const result = parse(text);
    expect(result).toMatchObject({ edits: [], tunnel: null });
    expect(result.problem).toMatch(new RegExp(why));
  });

  describe('with a configuration', () => {
    const text = `
[hosts.bastion]
address = "10.0.0.1"
user = "me"
port = 2222
[hosts.box]
address = "box.example.org"
[hosts.j]
address = "j.example.org"
jump = ["box"]
[tunnels.bastion]
host = "bastion"
forwards = ["dynamic 1080"]
`;
    const config = configOf(text);
    const hostsOf = (command: string) => {
      const result = parse(command, config);
      expect(result.problem).toBeNull();
      applied(result.edits, text);
      return { names: result.edits.flatMap((edit) => (edit.op === 'add-host' ? [edit.name] : [])), result };
    };

    test('takes the equal host, and a free name for the tunnel', () => {
      const { names, result } = hostsOf('ssh -p 2222 -L 1:a:1 me@10.0.0.1');
      expect(names).toEqual([]);
      expect(result.tunnel).toBe('bastion-2');
    });

    test('takes a host by its name if the command does not contradict it', () => {
      expect(hostsOf('ssh -L 1:a:1 bastion').names).toEqual([]);
      expect(hostsOf('ssh -L 1:a:1 me@bastion').names).toEqual([]);
      expect(hostsOf('ssh -p 2222 -L 1:a:1 bastion').names).toEqual([]);
      expect(hostsOf('ssh -L 1:a:1 you@bastion').names).toEqual(['bastion-2']);
    });

    test('makes another one where something differs', () => {
      expect(hostsOf('ssh -C -L 1:a:1 box.example.org').names).toEqual(['box-2']);
    });

    test('a hop by its name brings its own way in', () => {
      const { names, result } = hostsOf('ssh -J j -L 1:a:1 h.example.org');
      expect(names).toEqual(['h']);
      expect(applied(result.edits, text).hosts.get('h')?.jump).toEqual(['box', 'j']);
    });
  });

  test('never throws, and what it makes is a valid configuration', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'ssh',
        'autossh',
        '-L',
        '-R',
        '-D',
        '-J',
        '-o',
        '-p',
        '-i',
        '-N',
        '-M',
        '--',
        '-',
        'me@h',
        'h.example.org',
        '1:a:1',
        '1080',
      ),
      fc.constantFrom(
        '-oProxyJump=',
        'ProxyCommand=nc %h',
        'Port=',
        '"',
        "'",
        '\\',
        '$',
        '`',
        ';',
        '[',
        '::',
        '~',
        '%',
        '0',
        'ssh://',
        '@',
        ',',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.boolean(), (words, asSsh) => {
        const result = parse(`${asSsh ? 'ssh -L 1:a:1 ' : ''}${words.join(' ')}`);
        expect(result.problem === null).toBe(result.edits.length > 0);
        expect(result.problem === null).toBe(result.tunnel !== null);
        if (result.problem === null) {
          const checked = parseConfigAfter(result.edits);
          // Two forwards at one place is what the command said; the configuration says so when it is saved.
          expect(checked.filter((message) => !/listens where/.test(message))).toEqual([]);
        }
      }),
      { numRuns: 600 },
    );
  });
});

function parseConfigAfter(edits: readonly ConfigEdit[]): string[] {
  const editor = new ConfigEditor('', { file });
  applyEdits(editor, edits);
  const parsed = parseConfig(editor.text, { file });
  return parsed.kind === 'bad' ? parsed.problems.map((problem) => `${problem.key}: ${problem.message}`) : [];
}

describe('formatSshCommand', () => {
  const text = `
[hosts.edge]
address = "edge.example.org"
user = "me"
port = 2201
[hosts.six]
address = "2001:db8::2"
user = "b"
[hosts.box]
address = "box.example.org"
user = "it's me"
port = 2222
identity = ["~/.ssh/my key", "/k/b"]
identities-only = true
certificates = ["~/c 1.pub"]
agent = "/run/my agent.sock"
jump = ["edge", "six"]
bind-address = "10.0.0.7"
address-family = "inet"
known-hosts = ["~/my known", "/x", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
host-key-policy = "strict"
host-key-alias = "box"
hash-known-hosts = true
update-host-keys = true
connect-timeout = "10s"
alive-interval = "30s"
alive-count-max = 5
compression = true
tcp-keep-alive = false
legacy-algorithms = ["ssh-rsa"]
rekey-bytes = "512M"
[tunnels.all]
host = "box"
forwards = [
  "local 127.0.0.1:5432 -> db:5432",
  "local [::1]:80 -> [2001:db8::1]:80",
  "local /run/a b.sock -> /run/c:d.sock",
  "remote 0 -> localhost:3000",
  "remote-dynamic 1081",
  "dynamic *:1080",
  { type = "local", listen = 1, to = "x:1", enabled = false },
]
`.replace(`user = "it's me"`, 'user = "it\'s"');

  test('says the tunnel so that parseSshCommand reads it back', () => {
    const config = configOf(text);
    const tunnel = config.tunnels.get('all');
    if (!tunnel) throw new Error('no tunnel');
    const command = formatSshCommand(tunnel, config);
    const back = applied(parse(command).edits);
    const host = back.hosts.get('box');
    const before = config.hosts.get('box');
    if (!host || !before) throw new Error(command);
    expect({ ...host, jump: [] }).toEqual({ ...before, jump: [] });
    expect(host.jump.map((name) => back.hosts.get(name)?.address)).toEqual(['edge.example.org', '2001:db8::2']);
    expect(back.tunnels.get('box')?.forwards.map(({ spec }) => spec)).toEqual(
      tunnel.forwards.filter(({ enabled }) => enabled).map(({ spec }) => spec),
    );
    expect(parse(command).notes.filter((note) => note.includes('left out'))).toEqual([]);
  });

  test('is short where there is little to say', () => {
    const config = configOf(
      '[hosts.b]\naddress = "b.example.org"\nuser = "me"\n[tunnels.t]\nhost = "b"\nforwards = ["local 5432 -> db:5432"]\n',
    );
    const tunnel = config.tunnels.get('t');
    if (!tunnel) throw new Error('no tunnel');
    expect(formatSshCommand(tunnel, config)).toBe('ssh -N -L 5432:db:5432 me@b.example.org');
  });

  test('round trip of any host that both can express', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const path = fc.stringMatching(/^\/[A-Za-z0-9 ._'$;&%-]{1,12}[a-z]$/);
    const host = fc.record(
      {
        port: fc.integer({ min: 1, max: 65_535 }),
        user: fc.stringMatching(/^[a-z$';&`"*][a-z$';&`"*]{0,8}$/),
        identity: fc.array(path, { maxLength: 3 }),
        agent: fc.oneof(
          fc.boolean(),
          path.filter((one) => !one.startsWith('$')),
        ),
        'identities-only': fc.boolean(),
        'auth-methods': fc.shuffledSubarray(['publickey', 'keyboard-interactive', 'password'], { minLength: 1 }),
        'host-key-policy': fc.constantFrom('ask', 'strict', 'accept-new'),
        'proxy-command': fc.constantFrom('nc %h %p', 'sh -c \'nc "$1" 1\' %h'),
        compression: fc.boolean(),
        'update-host-keys': fc.boolean(),
        'alive-interval': fc.constantFrom('0s', '1m30s', '15s'),
        'connect-timeout': fc.constantFrom('0s', '5s'),
        'address-family': fc.constantFrom('any', 'inet', 'inet6'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        label,
        host,
        fc.constantFrom('local 1 -> a:1', 'dynamic 0', 'remote /a -> /b'),
        (name, values, forward) => {
          const identity = [...new Set(values.identity ?? [])];
          const edits: ConfigEdit[] = [
            { op: 'add-host', name, values: { address: `${name}.example.org`, ...values, identity } },
            { op: 'add-tunnel', name: 't', values: { host: name, forwards: [forward] } },
          ];
          const config = applied(edits);
          const tunnel = config.tunnels.get('t');
          const before = config.hosts.get(name);
          if (!tunnel || !before) throw new Error('no tunnel');
          const command = formatSshCommand(tunnel, config);
          const result = parse(command);
          expect([command, result.problem]).toEqual([command, null]);
          const after = applied(result.edits).hosts.get(name);
          expect(after).toEqual(before);
          expect(after !== undefined && sameHost(after, before)).toBe(true);
          // What is there already is taken again.
          expect(parse(command, config).edits.filter((edit) => edit.op === 'add-host')).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

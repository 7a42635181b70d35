import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SupportedAlgorithms } from '../../../src/main/engine/ssh/algorithms.ts';
import { authFailure, type AuthTrail, passwordExpired } from '../../../src/main/engine/ssh/auth-failure.ts';
import { sshLoginCommand } from '../../../src/main/engine/ssh/login-command.ts';
import { noCommonAlgorithm } from '../../../src/main/engine/ssh/ssh-failure.ts';
import { hostConfig } from '../../support/host-config.ts';
import { hostFor } from '../../support/link-parts.ts';
import { root } from '../../support/docs.ts';

/** What a failure advises must be something that this version can do. */

const host = hostFor(22);

describe('without a common algorithm', () => {
  const offers = (lists: Partial<SupportedAlgorithms>): SupportedAlgorithms => ({
    kex: [],
    serverHostKey: [],
    cipher: [],
    mac: [],
    compress: [],
    ...lists,
  });
  const next = (missing: string, lists: Partial<SupportedAlgorithms>): string =>
    noCommonAlgorithm(host, missing, offers(lists)).next;

  test('those that legacy-algorithms takes are named, and no others', () => {
    const kex = ['sntrup761x25519-sha512', 'diffie-hellman-group14-sha1', 'kex-strict-s-v00@openssh.com'];
    expect(next('key exchange algorithm', { kex })).toBe(
      'Update the server, or allow diffie-hellman-group14-sha1 for testhost alone with legacy-algorithms.',
    );
  });

  test.each<[string, Partial<SupportedAlgorithms>, string]>([
    ['key exchange algorithm', { kex: ['mlkem768x25519-sha256'] }, 'curve25519-sha256'],
    ['host key format', { serverHostKey: ['ssh-ed25519-cert-v01@openssh.com'] }, 'ssh-ed25519'],
    ['s->c cipher', { cipher: ['arcfour'] }, 'aes256-ctr'],
    ['c->s mac', { mac: ['umac-64@openssh.com'] }, 'hmac-sha2-256'],
    ['c->s compression', { compress: ['zlib'] }, '"none" as compression'],
  ])('%s: if it takes none, the server is to offer a common one', (missing, lists, common) => {
    expect(next(missing, lists)).toBe(`Let the server offer ${common} too.`);
  });

  test('if the server told nothing', () => {
    expect(noCommonAlgorithm(host, 'host key format', null).next).toBe('Let the server offer ssh-ed25519 too.');
    expect(noCommonAlgorithm(host, 'something', null).next).toBe('Update the server.');
  });
});

describe('the command to log in by hand', () => {
  const edge = hostConfig({ name: 'edge', address: 'edge.example.org', port: 2201, user: 'jump' });
  const inner = hostConfig({ name: 'inner', address: '2001:db8::2', user: 'it is' });
  const box = hostConfig({ name: 'box', address: 'box.internal', port: 2222, user: 'me', jump: ['edge', 'inner'] });

  test('has user, port and the whole way, quoted', () => {
    expect(sshLoginCommand(box, [])).toBe('ssh -p 2222 me@box.internal');
    expect(sshLoginCommand(box, [edge, inner])).toBe(
      "ssh -J 'jump@edge.example.org:2201,it is@[2001:db8::2]:22' -p 2222 me@box.internal",
    );
    const proxied = { ...box, proxy: { kind: 'socks5', host: 'p', port: 1080, user: null } as const };
    expect(sshLoginCommand(proxied, [])).toBe("ssh -o 'ProxyCommand=nc -X 5 -x p:1080 %h %p' -p 2222 me@box.internal");
  });

  test('is what advice prints, and nothing else prints another', () => {
    expect(passwordExpired({ host: box, hops: [edge] }, 'not-taken').next).toContain(sshLoginCommand(box, [edge]));
    const sources = ['src/main', 'src/shared', 'src/renderer'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => join(root, folder, file)),
    );
    const printing = sources.filter((file) => /\bssh (\$\{|[^`'\n]*@\$\{)/.test(readFileSync(file, 'utf8')));
    expect(printing).toEqual([]);
  });
});

describe('without a way to log in', () => {
  const nothing: AuthTrail = {
    host,
    refusedKeys: [],
    keysLeftOut: 0,
    keysShown: 0,
    keysAll: 0,
    lastWords: null,
    storedPasswordRefused: false,
    passwordsRefused: 0,
    answersRefused: 0,
    problems: [],
    allowed: [],
    succeeded: [],
    reason: 'refused',
  };

  test('by a method that is not known here', () => {
    const error = authFailure({ ...nothing, allowed: ['gssapi-with-mic', 'hostbased'] });
    expect(error.message).toContain('it still takes gssapi-with-mic and hostbased');
    expect(error.next).toBe(
      'Ask the owner of testhost to allow publickey, password or keyboard-interactive: Holdfast logs in only by these.',
    );
  });

  test('for the server asks nothing', () => {
    expect(authFailure({ ...nothing, allowed: ['keyboard-interactive'] }).next).toBe(
      'Ask the owner of testhost how to log in: it turned the login down without a question.',
    );
  });

  test('for a FIDO key is in no agent', () => {
    const problems = [
      { code: 'transport-unsupported', message: 'id_ed25519_sk: this FIDO key is in no agent' },
    ] as const;
    const { next } = authFailure({ ...nothing, allowed: ['publickey'], problems });
    expect(next).toBe('Add the key to the agent with ssh-add: Holdfast uses a FIDO key only through an agent.');
  });
});

test('nothing advises the openssh transport, over which a tunnel is refused', () => {
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  expect(sources).toContain(join('main', 'engine', 'tunnel', 'attempt.ts'));
  const advising = sources.filter((file) =>
    readFileSync(join(root, 'src', file), 'utf8').includes('transport = "openssh"'),
  );
  expect(advising).toEqual([]);
});

import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookupNamesOf, toByteName } from '../../src/main/engine/host-keys/host-names.ts';
import { parseKnownHosts } from '../../src/main/engine/host-keys/known-hosts-file.ts';
import { readPublicKey } from '../../src/main/engine/host-keys/public-key.ts';
import { findLines, judge, orderAlgorithms } from '../../src/main/engine/host-keys/verdict.ts';
import { makeCertificate, runProgram, runSshKeygen } from '../support/openssh-client.ts';
import { needProgram } from '../support/processes.ts';
import { fingerprintOf, makeKey } from '../support/ssh-keys.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { makeTempFolder, type TempFolder } from '../support/temp.ts';
import {
  type CorpusCase,
  type CorpusKeys,
  corpusHost,
  hashOf,
  pick,
  randomCase,
  randomFrom,
  tableCases,
} from './known-hosts-corpus.ts';

/** `HOLDFAST_SEED` repeats a run; `HOLDFAST_LONG=1` runs the large corpus. */
const seed = Number(process.env['HOLDFAST_SEED'] ?? '20261121');
const long = process.env['HOLDFAST_LONG'] === '1';

type Short = 'ok' | 'unknown' | 'changed' | 'revoked' | 'certificate';
const strictness: Readonly<Record<Short, number>> = { ok: 0, unknown: 1, certificate: 2, changed: 2, revoked: 3 };

let server: TestSshd;
let folder: TempFolder;
let keys: CorpusKeys;

beforeAll(async () => {
  folder = makeTempFolder('holdfast-known-hosts-');
  server = await startSshd();
  const wrong = (type: 'ed25519' | 'ecdsa' | 'rsa'): string => plain(makeKey(folder.file(`wrong-${type}`), { type }));
  const [ca, certified] = [folder.file('ca'), folder.file('certified')];
  makeKey(ca);
  writeFileSync(`${certified}.pub`, `${server.hostKeys.ed25519 ?? ''}\n`);
  keys = {
    ed25519: plain(server.hostKeys.ed25519 ?? ''),
    ecdsa: plain(server.hostKeys.ecdsa ?? ''),
    rsa: plain(server.hostKeys.rsa ?? ''),
    wrongEd25519: wrong('ed25519'),
    wrongEcdsa: wrong('ecdsa'),
    wrongRsa: wrong('rsa'),
    certificate: plain(makeCertificate({ caKey: ca, key: certified, principals: [corpusHost], host: true })),
  };
});

afterAll(async () => {
  await server.stop();
  folder.dispose();
});

function plain(publicLine: string): string {
  return publicLine.split(' ').slice(0, 2).join(' ');
}

/** What the real ssh says, and the host key algorithm it agreed on; asked for `host` and `port` while a proxy command leads to our server. */
async function sshVerdict(one: CorpusCase, id: number): Promise<{ verdict: Short; algorithm: string }> {
  const user = folder.file(`user-${id}`);
  const global = folder.file(`global-${id}`);
  writeFileSync(user, one.user, 'latin1');
  writeFileSync(global, one.global ?? '', 'latin1');
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `UserKnownHostsFile=${user}`,
    `GlobalKnownHostsFile=${global}`,
    'PreferredAuthentications=none',
    `ProxyCommand=${needProgram('nc', 'netcat-openbsd')} 127.0.0.1 ${server.port}`,
    ...(one.alias === undefined ? [] : [`HostKeyAlias=${one.alias}`]),
  ];
  const args = ['-F', 'none', '-v', '-p', String(one.port ?? 22), ...options.flatMap((option) => ['-o', option])];
  const { stderr } = await runProgram(needProgram('ssh', 'openssh-client'), [...args, one.host ?? corpusHost, 'true'], {
    env: { PATH: process.env['PATH'], HOME: folder.path },
  });
  const algorithm = /kex: host key algorithm: (\S+)/.exec(stderr)?.[1] ?? '';
  const is = (verdict: Short) => ({ verdict, algorithm });
  if (stderr.includes('SSH2_MSG_SERVICE_ACCEPT received')) return is('ok');
  // The fallback to the bare name may print a revocation and then still call the key unknown.
  if (/No \S+ host key is known for/.test(stderr)) return is('unknown');
  if (stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) return is('changed');
  if (stderr.includes('REVOKED HOST KEY DETECTED')) return is('revoked');
  throw new Error(`ssh said something else for "${one.row}":\n${stderr}`);
}

const supported = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Our verdict on the key that the server would show after our order of algorithms, or on the one of `algorithm`. */
function ourVerdict(one: CorpusCase, algorithm?: string): Short {
  const files = [one.user, one.global ?? ''].map((text, i) => parseKnownHosts(`file${i}`, Buffer.from(text, 'latin1')));
  const names = lookupNamesOf({
    address: one.host ?? corpusHost,
    port: one.port ?? 22,
    hostKeyAlias: one.alias ?? null,
  });
  const shown: Readonly<Record<string, string>> = {
    'ssh-ed25519': keys.ed25519,
    'ecdsa-sha2-nistp256': keys.ecdsa,
    'rsa-sha2-512': keys.rsa,
    'rsa-sha2-256': keys.rsa,
  };
  const agreed = algorithm ?? orderAlgorithms(supported, findLines(files, names.lookup)).find((name) => name in shown);
  const key = readPublicKey(Buffer.from(shown[agreed ?? '']?.split(' ')[1] ?? '', 'base64'));
  if (key === null) throw new Error('the server has no key');
  return judge(files, names, key).kind;
}

/** Runs `work` for every item, a few at a time. */
async function each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

describe('against the real ssh', () => {
  const compare = async (cases: readonly CorpusCase[], base: number): Promise<void> => {
    const differences: unknown[] = [];
    await each(cases, async (one, index) => {
      const { verdict: theirs, algorithm } = await sshVerdict(one, base + index);
      // A revocation that ssh overlooks for its tab also changes which key we ask for: there the verdicts on the same key are compared.
      const ours = ourVerdict(one, one.stricter?.includes('tab') ? algorithm : undefined);
      const stricter = one.stricter !== undefined && strictness[ours] > strictness[theirs];
      if (ours !== theirs && !stricter)
        differences.push({
          row: one.row,
          ssh: theirs,
          ours,
          port: one.port,
          user: one.user.slice(0, 1200),
          global: one.global,
        });
    });
    expect(differences, `seed ${seed}`).toEqual([]);
  };

  test('every row of the table', { timeout: 120_000 }, async () => {
    const cases = tableCases(keys);
    expect(cases.length).toBeGreaterThan(130);
    await compare(cases, 0);
  });

  test('the departures are what they say: stricter, and only where told', async () => {
    const departing = tableCases(keys).filter((one) => one.stricter !== undefined);
    const verdicts = departing.map((one) => [one.row, ourVerdict(one)]);
    expect(verdicts).toEqual([
      ['port: bare revoked', 'revoked'],
      ['port: bare revoked, own right', 'revoked'],
      ['marker: tab, space later', 'revoked'],
      ['authority: plain server', 'certificate'],
      ['authority: same key as the server', 'certificate'],
    ]);
  });

  test('random files', { timeout: 600_000 }, async () => {
    const random = randomFrom(seed);
    const cases = Array.from({ length: long ? 3000 : 150 }, (_, i) => randomCase(random, keys, i));
    await compare(cases, 1000);
  });
});

describe('against ssh-keygen -F', () => {
  const alphabet = ['a', 'b', 'A', '.', '-', '*', '?', '!', '[', ']', ':', '22', 'é'];
  const word = (random: () => number, letters: readonly string[]): string =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, letters)).join('');

  /** A file of many lines over few letters, so that most names match some of them. */
  const randomFile = (random: () => number): string =>
    Array.from({ length: 60 }, () => {
      const list = Array.from({ length: 1 + Math.floor(random() * 4) }, () => word(random, alphabet)).join(',');
      const names = random() < 0.15 ? hashOf(word(random, ['a', 'b', '.'])) : list;
      const key = pick(random, Object.values(keys) as string[]);
      const marker = random() < 0.15 ? pick(random, ['@revoked ', '@cert-authority ']) : '';
      return mutated(random, `${marker}${names} ${key} comment`) + pick(random, ['\n', '\n', '\r\n']);
    }).join('');

  /** Mostly the line itself, else with a flipped bit, cut, or another base64 digit. A spoiled certificate stays out: its signature is not our business. */
  const mutated = (random: () => number, line: string): string => {
    if (random() < 0.7 || line.includes('cert-v01')) return line;
    const at = Math.floor(random() * line.length);
    const flipped = String.fromCharCode(line.charCodeAt(at) ^ (1 << Math.floor(random() * 8)));
    const changed = pick(random, [flipped, '', '=', '/', ' ', '\t', '\0']);
    // A marker that ends with a tab is the one documented difference.
    const result = line.slice(0, at) + changed + line.slice(at + 1);
    return /^\s*@[^ ]*\t/.test(result) ? line : result;
  };

  test('the same lines match, with the same keys', { timeout: long ? 3_600_000 : 120_000 }, async () => {
    const random = randomFrom(seed + 1);
    const [fileCount, namesEach] = long ? [10_000, 3] : [60, 20];
    const questions = Array.from({ length: fileCount }, (_, i) => {
      const text = randomFile(random);
      const path = folder.file(`keygen-${i % 100}-${i}`);
      const names = Array.from({ length: namesEach }, () =>
        word(random, random() < 0.5 ? ['a', 'b', '.'] : ['a', 'b', '.', '[', ']', ':', '22', '-', 'é']),
      ).filter((name) => !name.startsWith('-'));
      return { text, path, names };
    });
    const differences: unknown[] = [];
    let matches = 0;
    await each(questions, async ({ text, path, names }) => {
      writeFileSync(path, text, 'latin1');
      const file = parseKnownHosts(path, Buffer.from(text, 'latin1'));
      for (const name of names) {
        const theirs = await keygenFinds(path, name);
        const ours = findLines([file], toByteName(name)).map(({ line, marker, key }) => {
          const mark = { none: '', revoked: 'REVOKED', 'cert-authority': 'CA' }[marker];
          return `${line.number} ${mark} ${key.family}${key.certificate ? '-CERT' : ''}`;
        });
        matches += theirs.length;
        if (theirs.join('\n') !== ours.join('\n'))
          differences.push({
            name,
            theirs: theirs.filter((x) => !ours.includes(x)),
            ours: ours.filter((x) => !theirs.includes(x)),
            path,
          });
      }
    });
    expect(differences.slice(0, 5), `seed ${seed}, of ${differences.length}`).toEqual([]);
    expect(matches).toBeGreaterThan(questions.length);
  });

  test('20,000 spoiled lines for all names: the same ones still count', { timeout: 60_000 }, async () => {
    const random = randomFrom(seed + 2);
    const whole = [keys.ed25519, keys.ecdsa, keys.rsa];
    const lines = Array.from({ length: 20_000 }, () => {
      const line = `a,* ${pick(random, whole)} comment`;
      const at = Math.floor(random() * line.length);
      const flipped = String.fromCharCode(line.charCodeAt(at) ^ (1 << Math.floor(random() * 8)));
      const changed = pick(random, [flipped, flipped, '', '=', '/', ' ', '\t', '\0']);
      return line.slice(0, at) + changed + line.slice(at + 1);
    });
    const text = `${lines.join('\n')}\n`;
    const path = folder.file('spoiled');
    writeFileSync(path, text, 'latin1');
    const theirs = (await keygenFinds(path, 'b')).map((found) => Number.parseInt(found, 10));
    const ours = findLines([parseKnownHosts(path, Buffer.from(text, 'latin1'))], 'b').map(({ line }) => line.number);
    const all = text.split('\n');
    expect(
      theirs.filter((n) => !ours.includes(n)).map((n) => all[n - 1]),
      'only ssh-keygen',
    ).toEqual([]);
    expect(
      ours.filter((n) => !theirs.includes(n)).map((n) => all[n - 1]),
      'only we',
    ).toEqual([]);
    expect(theirs.length).toBeGreaterThan(1000);
  });

  /** `line marker type` of each line that ssh-keygen finds. */
  const keygenFinds = async (path: string, name: string): Promise<string[]> => {
    const { stdout } = await runSshKeygen(['-l', '-F', name, '-f', path]);
    const found: string[] = [];
    const lines = stdout.split('\n');
    for (const [i, line] of lines.entries()) {
      const match = /^# Host .* found: line (\d+) ?(CA|REVOKED)? *$/.exec(line);
      if (match)
        found.push(
          `${match[1]} ${match[2] ?? ''} ${(/ ([A-Z0-9-]+) SHA256:/.exec(lines[i + 1] ?? '') ?? [])[1] ?? '?'}`,
        );
    }
    return found;
  };
});

describe('ssh-keygen shows the same', () => {
  test('fingerprints and randomart of all types', async () => {
    const { randomartOf } = await import('../../src/main/engine/host-keys/randomart.ts');
    for (const [i, line] of Object.values(keys as unknown as Record<string, string>).entries()) {
      const path = folder.file(`shown-${i}.pub`);
      writeFileSync(path, `${line} comment\n`);
      const { stdout } = await runSshKeygen(['-l', '-v', '-f', path]);
      const key = readPublicKey(Buffer.from(line.split(' ')[1] ?? '', 'base64'));
      if (key === null) throw new Error(`not read: ${line}`);
      const [title, ...art] = stdout.trimEnd().split('\n');
      expect(title).toContain(`${key.bits} `);
      if (!key.certificate) {
        expect(title).toContain(fingerprintOf(line));
        expect(art.join('\n')).toBe(randomartOf(key));
      }
    }
  });

  test('bits and randomart of many sizes', { timeout: 60_000 }, async () => {
    const { randomartOf } = await import('../../src/main/engine/host-keys/randomart.ts');
    for (const [type, bits] of [
      ['rsa', 1024],
      ['rsa', 3072],
      ['ecdsa', 384],
      ['ecdsa', 521],
      ['ed25519', 256],
    ] as const) {
      const line = makeKey(folder.file(`size-${type}-${bits}`), { type, bits });
      const { stdout } = await runSshKeygen(['-l', '-v', '-f', folder.file(`size-${type}-${bits}.pub`)]);
      const key = readPublicKey(Buffer.from(line.split(' ')[1] ?? '', 'base64'));
      expect(key?.bits).toBe(bits);
      expect(key && randomartOf(key)).toBe(stdout.trimEnd().split('\n').slice(1).join('\n'));
    }
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHostKeyTrust } from '../../src/main/engine/host-keys/host-key-trust.ts';
import { hashName } from '../../src/main/engine/host-keys/host-names.ts';
import { removeKnownHost } from '../../src/main/engine/host-keys/known-hosts-edit.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { runProgram, runSshKeygen } from '../support/openssh-client.ts';
import { needProgram } from '../support/processes.ts';
import { describeAsRoot } from '../support/root.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { makeTempFolder, type TempFolder, tempFolder } from '../support/temp.ts';
import { ed25519, hostWith, keyText } from '../unit/host-keys/fixtures.ts';

let server: TestSshd;
let keys: TempFolder;

beforeAll(async () => {
  server = await startSshd();
  keys = makeTempFolder('holdfast-writing-');
});

afterAll(async () => {
  await server.stop();
  keys.dispose();
});

function hostKey(type: 'ed25519' | 'ecdsa' | 'rsa'): string {
  return (server.hostKeys[type] ?? '').split(' ').slice(0, 2).join(' ');
}

function blobOf(text: string): Buffer {
  return Buffer.from(text.split(' ')[1] ?? '', 'base64');
}

/** Runs the real ssh to our server under a name of its own. */
function ssh(file: string, name: string, ...options: string[]) {
  const all = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${file}`,
    'GlobalKnownHostsFile=/dev/null',
    `HostKeyAlias=${name}`,
    ...options,
  ];
  return runProgram(needProgram('ssh', 'openssh-client'), [
    '-F',
    'none',
    '-p',
    String(server.port),
    '-i',
    server.clientKey,
    ...all.flatMap((option) => ['-o', option]),
    `${server.user}@127.0.0.1`,
    'true',
  ]);
}

const trust = createHostKeyTrust({ clock: systemClock, log: silentLog });

async function pin(file: string, name: string, blob: Buffer): Promise<void> {
  const host = hostWith({ knownHosts: [file], hostKeyAlias: name, hostKeyPolicy: 'accept-new' });
  const session = await trust.prepare(host, { trustedOnce: new Map() });
  await session.decide(blob, () => Promise.reject(new Error('asked')));
  await session.commit();
}

/** The path of one of our own files, quoted for an import. */
function source(path: string): string {
  return JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)));
}

/** Makes a program of its own out of TypeScript text, to run our code in another process. */
function bundle(folder: TempFolder, contents: string): string {
  const outfile = folder.file('program.mjs');
  buildSync({
    stdin: { contents, resolveDir: folder.path, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

describe('at the same time', () => {
  test('20 real ssh, 20 pins of ours and 20 removals lose no line', { timeout: 120_000 }, async () => {
    const file = tempFolder().file('known_hosts');
    const key = hostKey('ed25519');
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    writeFileSync(file, ['# kept', ...numbers.map((i) => `gone${i} ${key}`), ''].join('\n'));
    const results = await Promise.all([
      ...numbers.map((i) => ssh(file, `theirs${i}`, 'StrictHostKeyChecking=accept-new', 'UpdateHostKeys=no')),
      ...numbers.map((i) => pin(file, `ours${i}`, blobOf(key))),
      ...numbers.map((i) => removeKnownHost(file, `gone${i}`)),
    ]);
    for (const result of results.slice(0, 20)) expect(result).toMatchObject({ status: 0 });
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const expected = ['# kept', ...numbers.flatMap((i) => [`theirs${i} ${key}`, `ours${i} ${key}`])];
    expect(lines.sort()).toEqual(expected.sort());
  });

  test('several processes of ours: the lock holds, nothing is left beside the file', { timeout: 120_000 }, async () => {
    const folder = tempFolder();
    const file = folder.file('known_hosts');
    const program = bundle(
      folder,
      `
      import { removeKnownHost } from ${source('main/engine/host-keys/known-hosts-edit.ts')};
      import { appendLine, locked } from ${source('main/engine/host-keys/known-hosts-store.ts')};
      import { systemClock } from ${source('main/engine/lifecycle/clock.ts')};
      const [file, id, key] = process.argv.slice(2);
      for (let i = 0; i < 15; i += 1) {
        await locked(systemClock, file, () => appendLine(file, 'keep-' + id + '-' + i + ' ' + key));
        await locked(systemClock, file, () => appendLine(file, 'gone-' + id + '-' + i + ' ' + key));
        const removed = await removeKnownHost(file, 'gone-' + id + '-' + i);
        if (removed.length !== 1) throw new Error('the line was not there');
      }`,
    );
    const key = keyText(ed25519('shared'));
    const results = await Promise.all(
      ['a', 'b', 'c', 'd'].map((id) => runProgram(process.execPath, [program, file, id, key], { timeoutMs: 100_000 })),
    );
    for (const result of results) expect(result).toMatchObject({ status: 0, stderr: '' });
    const expected = ['a', 'b', 'c', 'd'].flatMap((id) =>
      Array.from({ length: 15 }, (_, i) => `keep-${id}-${i} ${key}`),
    );
    expect(readFileSync(file, 'utf8').trim().split('\n').sort()).toEqual(expected.sort());
    expect(readdirSync(folder.path).sort()).toEqual(['known_hosts', 'known_hosts.old', 'program.mjs']);
  });
});

// A small disk is mounted for it.
describeAsRoot('a full disk', () => {
  const withSmallDisk = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const folder = tempFolder();
    const disk = folder.file('disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k,mode=0700', 'tmpfs', disk]);
    try {
      await use(disk);
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  };
  const fill = (disk: string, keepBytes: number): Buffer => {
    const content = Buffer.alloc(4096 - keepBytes, `# ${'x'.repeat(61)}\n`);
    writeFileSync(`${disk}/known_hosts`, content);
    spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/filler 2>/dev/null`]);
    return content;
  };

  test('a pin that does not fit: refused, the file is byte for byte what it was', async () => {
    await withSmallDisk(async (disk) => {
      for (const keepBytes of [0, 20, 60]) {
        spawnSync('sh', ['-c', `rm -f ${disk}/*`]);
        const content = fill(disk, keepBytes);
        await expect(pin(`${disk}/known_hosts`, 'h', ed25519('k'))).rejects.toMatchObject({
          code: 'host-key-not-saved',
          message: expect.stringContaining('disk is full') as string,
        });
        expect(readFileSync(`${disk}/known_hosts`).equals(content)).toBe(true);
        expect(readdirSync(disk).sort()).toEqual(['filler', 'known_hosts']);
      }
    });
  });

  test('a first pin on a full disk leaves no empty file', async () => {
    await withSmallDisk(async (disk) => {
      spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/filler 2>/dev/null`]);
      await expect(pin(`${disk}/known_hosts`, 'h', ed25519('k'))).rejects.toMatchObject({ code: 'host-key-not-saved' });
      expect(readdirSync(disk)).toEqual(['filler']);
    });
  });

  test('a removal that does not fit', async () => {
    await withSmallDisk(async (disk) => {
      const content = Buffer.concat([Buffer.from(`h ${keyText(ed25519('k'))}\n`), Buffer.alloc(3000, '#')]);
      writeFileSync(`${disk}/known_hosts`, content);
      spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/filler 2>/dev/null`]);
      await expect(removeKnownHost(`${disk}/known_hosts`, 'h')).rejects.toMatchObject({ code: 'host-key-not-saved' });
      expect(readFileSync(`${disk}/known_hosts`).equals(content)).toBe(true);
      expect(readdirSync(disk).sort()).toEqual(['filler', 'known_hosts']);
    });
  });
});

describe.skipIf(process.platform === 'win32')('a write that is cut short', () => {
  test('the part of the line is taken back', async () => {
    const folder = tempFolder();
    const file = folder.file('known_hosts');
    const program = bundle(
      folder,
      `
      import { appendLine, locked } from ${source('main/engine/host-keys/known-hosts-store.ts')};
      import { systemClock } from ${source('main/engine/lifecycle/clock.ts')};
      const [file, line] = process.argv.slice(2);
      await locked(systemClock, file, () => appendLine(file, line)).then(
        () => process.stdout.write('written'),
        (error) => process.stdout.write(error.code + ': ' + error.message),
      );`,
    );
    // The limit of 8 blocks of 512 bytes leaves room for 60 bytes of the line, so that the system writes a part and then fails.
    const content = Buffer.alloc(4096 - 60, `# ${'x'.repeat(61)}\n`);
    writeFileSync(file, content);
    const line = `h ${keyText(ed25519('k'))}`;
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 8; exec "$@"', 'sh', process.execPath, program, file];
    const result = await runProgram('/bin/sh', [...limited, line]);
    expect(result.stdout).toContain('host-key-not-saved: ');
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(await runProgram('/bin/sh', [...limited, 'short'])).toMatchObject({ stdout: 'written' });
    expect(readFileSync(file).toString()).toBe(`${content.toString()}\nshort\n`);
    expect(readdirSync(folder.path).sort()).toEqual(['known_hosts', 'program.mjs']);
  });
});

describe('rotation leaves the same file as the real ssh', () => {
  const name = 'rotating';
  const hash = (): string => hashName(name, Buffer.alloc(20, 7));
  const scenarios = (): [string, string][] => {
    const [E, C, R] = [hostKey('ed25519'), hostKey('ecdsa'), hostKey('rsa')];
    const O = makeKey(keys.file(`old-${Math.random()}`))
      .split(' ')
      .slice(0, 2)
      .join(' ');
    return [
      ['one known, two new', `# top\n${name} ${E}\nother ${O}\n`],
      ['two known', `${name} ${E}\n${name} ${R} note\n`],
      ['all known', `${name} ${R}\n${name} ${E}\n${name} ${C}\n`],
      ['one to remove', `${name} ${O}\n# c\n${name} ${E}\n\n`],
      ['only the old one and RSA', `${name} ${R}\n${name} ${O.replace(/^ssh-ed25519/, 'ssh-ed25519')}\n`],
      ['a hashed line', `${hash()} ${E}\n`],
      ['a hashed one to remove', `${hash()} ${O}\n${name} ${E}\n`],
      ['no newline at the end', `${name} ${E}`],
      ['CRLF and broken lines', `${name} ${E} c\r\nbroken\r\n\r\n@odd ${name} ${O}\n${name} ssh-ed25519 AAAA\n`],
      ['a wildcard', `* ${E}\n`],
      ['three names', `${name},a,b ${E}\n`],
      ['two names', `${name},a ${E}\n`],
      ['an authority', `${name} ${E}\n@cert-authority ${name} ${O}\n`],
      ['a revocation', `${name} ${E}\n@revoked ${name} ${O}\n`],
      ['a new key elsewhere', `${name} ${E}\nother ${R}\n`],
      ['the known key elsewhere', `${name} ${E}\nother ${E}\n`],
      ['the old key elsewhere', `${name} ${E}\n${name} ${O}\nother ${O}\n`],
    ];
  };

  test('for each kind of file', { timeout: 120_000 }, async () => {
    const differences: unknown[] = [];
    const advertised = (['ed25519', 'ecdsa', 'rsa'] as const).map((type) => blobOf(hostKey(type)));
    for (const [what, content] of scenarios()) {
      const folder = tempFolder();
      const [theirs, ours] = [folder.file('theirs'), folder.file('ours')];
      writeFileSync(theirs, content, 'latin1');
      writeFileSync(ours, content, 'latin1');
      const result = await ssh(theirs, name, 'StrictHostKeyChecking=yes', 'UpdateHostKeys=yes');
      const session = await trust.prepare(hostWith({ knownHosts: [ours], hostKeyAlias: name }), {
        trustedOnce: new Map(),
      });
      const [algorithm] = session.orderAlgorithms(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512']);
      const shown = algorithm === 'ssh-ed25519' ? 'ed25519' : algorithm === 'rsa-sha2-512' ? 'rsa' : 'ecdsa';
      const refused = await session
        .decide(blobOf(hostKey(shown)), () => Promise.reject(new Error('asked')))
        .then(
          () => false,
          () => true,
        );
      if (!refused) await session.update(advertised, advertised);
      const [left, right] = [readFileSync(theirs, 'latin1'), readFileSync(ours, 'latin1')];
      if (left !== right || refused !== (result.status !== 0))
        differences.push({ what, content, ssh: left, ours: right, stderr: result.stderr, refused });
    }
    expect(differences).toEqual([]);
  });

  test('two names on the line of an old key: ssh drops the line, we keep the other name', async () => {
    const O = makeKey(keys.file('old-two')).split(' ').slice(0, 2).join(' ');
    const content = `${name} ${hostKey('ed25519')}\n${name},friend ${O}\n`;
    const [theirs, ours] = [tempFolder().file('theirs'), tempFolder().file('ours')];
    writeFileSync(theirs, content);
    writeFileSync(ours, content);
    expect(await ssh(theirs, name, 'StrictHostKeyChecking=yes', 'UpdateHostKeys=yes')).toMatchObject({ status: 0 });
    const session = await trust.prepare(hostWith({ knownHosts: [ours], hostKeyAlias: name }), {
      trustedOnce: new Map(),
    });
    await session.decide(blobOf(hostKey('ed25519')), () => Promise.reject(new Error('asked')));
    const advertised = (['ed25519', 'ecdsa', 'rsa'] as const).map((type) => blobOf(hostKey(type)));
    await session.update(advertised, advertised);
    expect(readFileSync(theirs, 'utf8')).not.toContain('friend');
    expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8').replace(/^(.*\n)/, `$1friend ${O}\n`));
  });
});

describe('what we write, ssh reads', () => {
  test('plain and hashed pins', async () => {
    for (const hashKnownHosts of [false, true]) {
      const file = tempFolder().file('known_hosts');
      const host = hostWith({
        knownHosts: [file],
        address: '127.0.0.1',
        port: server.port,
        hostKeyPolicy: 'accept-new',
        hashKnownHosts,
      });
      const session = await trust.prepare(host, { trustedOnce: new Map() });
      await session.decide(blobOf(hostKey('ecdsa')), () => Promise.reject(new Error('asked')));
      await session.commit();
      const found = await runSshKeygen(['-F', `[127.0.0.1]:${server.port}`, '-f', file]);
      expect(found.stdout).toContain(hostKey('ecdsa'));
      const result = await ssh(file, `[127.0.0.1]:${server.port}`, 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no');
      expect(result).toMatchObject({ status: 0 });
    }
  });
});

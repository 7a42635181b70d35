import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHostKeyTrust } from '../../../src/main/engine/host-keys/host-key-trust.ts';
import { fingerprintOf } from '../../../src/main/engine/host-keys/public-key.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import type { ConnectMemory } from '../../../src/main/engine/ssh/link.ts';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import type { HostKeyDetails } from '../../../src/shared/model/prompt.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';
import { ed25519, hostWith, keyText, rsa } from './fixtures.ts';

checkLeaks();

const right = ed25519('right');
const wrong = ed25519('wrong');
const trust = createHostKeyTrust({ clock: systemClock, log: silentLog });

interface Asked {
  readonly details: HostKeyDetails;
  readonly message: string;
}

interface Step {
  readonly key?: Buffer;
  readonly answer?: 'yes' | 'no' | 'once';
  readonly memory?: ConnectMemory;
}

/** One attempt: decide and, if that went well, commit. */
async function attempt(host: HostConfig, step: Step = {}): Promise<{ error: HoldfastError | null; asked: Asked[] }> {
  const asked: Asked[] = [];
  const session = await trust.prepare(host, step.memory ?? { trustedOnce: new Map() });
  try {
    await session.decide(step.key ?? right, (details, message) => {
      asked.push({ details, message });
      return step.answer ? Promise.resolve(step.answer) : Promise.reject(new Error('nobody may be asked'));
    });
    await session.commit();
    return { error: null, asked };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { error, asked };
  }
}

function fileWith(content: string | null): string {
  const file = tempFolder().file('known_hosts');
  if (content !== null) writeFileSync(file, content, 'latin1');
  return file;
}

const line = `bastion.example.org ${keyText(right)}\n`;

describe('ask', () => {
  test('yes writes one line, 0600, and nobody is asked again', async () => {
    const file = fileWith(null);
    const host = hostWith({ knownHosts: [file] });
    const first = await attempt(host, { answer: 'yes' });
    expect(first.error).toBeNull();
    expect(first.asked).toHaveLength(1);
    expect(first.asked[0]?.details).toMatchObject({ keyType: 'ED25519', fingerprint: fingerprintOf(right), file });
    expect(first.asked[0]?.message).toContain(fingerprintOf(right));
    expect(first.asked[0]?.message).toContain('me@bastion.example.org:22');
    expect(readFileSync(file, 'utf8')).toBe(line);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(file.replace(/\/known_hosts$/, ''))).toEqual(['known_hosts']);
    expect((await attempt(host)).error).toBeNull();
  });

  test('the folder is made with 0700', async () => {
    const folder = tempFolder();
    const file = folder.file('new', '.ssh', 'known_hosts');
    expect((await attempt(hostWith({ knownHosts: [file] }), { answer: 'yes' })).error).toBeNull();
    expect(statSync(folder.file('new', '.ssh')).mode & 0o777).toBe(0o700);
  });

  test('decide alone writes nothing', async () => {
    const file = fileWith(null);
    const session = await trust.prepare(hostWith({ knownHosts: [file] }), { trustedOnce: new Map() });
    await session.decide(right, () => Promise.resolve('yes'));
    expect(() => lstatSync(file)).toThrow('ENOENT');
  });

  test('no refuses', async () => {
    const file = fileWith(null);
    const { error } = await attempt(hostWith({ knownHosts: [file] }), { answer: 'no' });
    expect(error?.code).toBe('host-key-refused');
    expect(() => lstatSync(file)).toThrow('ENOENT');
  });

  test('an error of the question goes through', async () => {
    const session = await trust.prepare(hostWith({ knownHosts: [fileWith(null)] }), { trustedOnce: new Map() });
    await expect(session.decide(right, () => Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
  });

  test('once is remembered for the connection, not written; another key is then refused, not asked', async () => {
    const file = fileWith(null);
    const host = hostWith({ knownHosts: [file] });
    const memory: ConnectMemory = { trustedOnce: new Map() };
    expect((await attempt(host, { answer: 'once', memory })).error).toBeNull();
    expect((await attempt(host, { memory })).asked).toHaveLength(0);
    const other = await attempt(host, { key: wrong, memory });
    expect(other.error?.code).toBe('host-key-changed');
    expect(other.asked).toHaveLength(0);
    expect(() => lstatSync(file)).toThrow('ENOENT');
  });

  test('the key may be overwritten after the question: what is kept is a copy', async () => {
    const memory: ConnectMemory = { trustedOnce: new Map() };
    const packet = Buffer.from(right);
    const session = await trust.prepare(hostWith({ knownHosts: [] }), memory);
    await session.decide(packet, () => {
      packet.fill(0);
      return Promise.resolve('once');
    });
    expect(memory.trustedOnce.get('bastion.example.org')?.equals(right)).toBe(true);
  });

  test('a key trusted once sorts the algorithms', async () => {
    const memory: ConnectMemory = { trustedOnce: new Map([['bastion.example.org', rsa('r')]]) };
    const session = await trust.prepare(hostWith({ knownHosts: [] }), memory);
    expect(session.orderAlgorithms(['ssh-ed25519', 'rsa-sha2-512'])).toEqual(['rsa-sha2-512', 'ssh-ed25519']);
  });

  test('other names of the key, hashed ones without their name, at most 8', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const file = fileWith(
      `|1|${Buffer.alloc(20).toString('base64')}|${Buffer.alloc(20).toString('base64')} ${keyText(right)}\n${names.join(',')} ${keyText(right)}\nx ${keyText(wrong)}\n`,
    );
    const { asked } = await attempt(hostWith({ knownHosts: [file] }), { answer: 'once' });
    expect(asked[0]?.details.otherNames).toEqual(['(hashed name)', 'n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
  });

  test('the question warns of a key that is revoked elsewhere, and of another key without the port', async () => {
    const file = fileWith(`@revoked other ${keyText(right)}\nbastion.example.org ${keyText(wrong)}\n`);
    const { asked } = await attempt(hostWith({ knownHosts: [file], port: 2222 }), { answer: 'no' });
    expect(asked[0]?.message).toContain('revoked for another name');
    expect(asked[0]?.message).toContain(fingerprintOf(wrong));
  });
});

describe('refused without asking', () => {
  test('changed names both fingerprints, the line and the command; the file stays', async () => {
    const content = `# mine\nbastion.example.org ${keyText(rsa('r'))}\nbastion.example.org ${keyText(wrong)}\n`;
    const file = fileWith(content);
    for (const hostKeyPolicy of ['ask', 'accept-new', 'strict'] as const) {
      const { error, asked } = await attempt(hostWith({ knownHosts: [file], hostKeyPolicy }), { answer: 'yes' });
      expect(error?.code).toBe('host-key-changed');
      expect(error?.message).toContain(fingerprintOf(right));
      expect(error?.message).toContain(fingerprintOf(wrong));
      expect(error?.message).toContain(`${file} line 3`);
      expect(error?.next).toContain("holdfast known-hosts remove 'bastion.example.org'");
      expect(asked).toHaveLength(0);
    }
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('a changed key in a line of patterns or in a foreign file is not to be removed by command', async () => {
    const pattern = fileWith(`*.example.org ${keyText(wrong)}\n`);
    const byPattern = await attempt(hostWith({ knownHosts: [pattern] }));
    expect(byPattern.error?.next).toContain(`${pattern} line 1 by hand`);
    const foreign = await attempt(
      hostWith({ knownHosts: [fileWith(null), fileWith(`bastion.example.org ${keyText(wrong)}\n`)] }),
    );
    expect(foreign.error?.next).toContain('by hand');
  });

  test('revoked', async () => {
    for (const hostKeyPolicy of ['ask', 'accept-new', 'strict'] as const) {
      const file = fileWith(`@revoked * ${keyText(right)}\n`);
      const { error } = await attempt(hostWith({ knownHosts: [file], hostKeyPolicy }), { answer: 'yes' });
      expect(error?.code).toBe('host-key-revoked');
      expect(error?.message).toContain(`${file} line 1`);
    }
  });

  test('a line of a certificate authority', async () => {
    for (const hostKeyPolicy of ['ask', 'accept-new', 'strict'] as const) {
      const file = fileWith(`@cert-authority *.example.org ${keyText(wrong)}\n`);
      const { error } = await attempt(hostWith({ knownHosts: [file], hostKeyPolicy }), { answer: 'yes' });
      expect(error?.code).toBe('host-key-certificate');
      expect(error?.message).toContain(fingerprintOf(right));
      expect(error?.next).toContain('put the fingerprint into host-key-pins of bastion');
      expect(readFileSync(file, 'utf8')).not.toContain(keyText(right));
    }
  });

  test('strict and unknown', async () => {
    const { error } = await attempt(hostWith({ knownHosts: [fileWith(null)], hostKeyPolicy: 'strict' }), {
      answer: 'yes',
    });
    expect(error?.code).toBe('host-key-unknown');
    expect(error?.message).toContain(fingerprintOf(right));
  });

  test('no key, a short key', async () => {
    expect((await attempt(hostWith({}), { key: Buffer.from('junk') })).error?.code).toBe('protocol');
    expect((await attempt(hostWith({}), { key: rsa('s', 1016) })).error?.code).toBe('protocol');
  });

  test('a known_hosts file that cannot be read', async () => {
    const folder = tempFolder();
    await expect(
      trust.prepare(hostWith({ knownHosts: [folder.path] }), { trustedOnce: new Map() }),
    ).rejects.toMatchObject({
      code: 'config',
      where: folder.path,
    });
  });
});

describe('accept-new', () => {
  test('writes the first key without a question', async () => {
    const file = fileWith('# c\r\nother x y\n');
    const { error, asked } = await attempt(hostWith({ knownHosts: [file], hostKeyPolicy: 'accept-new' }));
    expect([error, asked]).toEqual([null, []]);
    expect(readFileSync(file, 'utf8')).toBe(`# c\r\nother x y\n${line}`);
  });

  test('a name that would be a pattern is not written', async () => {
    const file = fileWith(null);
    for (const hostKeyAlias of ['*', 'a,b', 'a b', '!a', '@revoked', '#a', '|1|x', 'a\nb', 'a\tb', '']) {
      const { error } = await attempt(hostWith({ knownHosts: [file], hostKeyAlias, hostKeyPolicy: 'accept-new' }));
      expect(error?.code, JSON.stringify(hostKeyAlias)).toBe('host-key-not-saved');
    }
    expect(() => lstatSync(file)).toThrow('ENOENT');
  });

  test('hashed, with port, lower case, newline added, bytes kept', async () => {
    const before = 'höst ssh-ed25519 junk\0\r\n\n  # note\nlast line without end';
    const file = fileWith(null);
    writeFileSync(file, before);
    const host = hostWith({ knownHosts: [file], address: 'BASTION', port: 2222, hostKeyPolicy: 'accept-new' });
    expect((await attempt({ ...host, hashKnownHosts: true })).error).toBeNull();
    const hashedContent = readFileSync(file, 'utf8');
    expect(hashedContent.startsWith(`${before}\n|1|`)).toBe(true);
    expect(hashedContent.toLowerCase()).not.toContain('bastion');
    expect((await attempt({ ...host, hostKeyPolicy: 'strict' })).error).toBeNull();
    expect((await attempt({ ...host, port: 2223 })).error).toBeNull();
    expect(readFileSync(file, 'utf8')).toBe(`${hashedContent}[bastion]:2223 ${keyText(right)}\n`);
  });
});

describe('files that are not written', () => {
  /** A linked known_hosts whose real file lies below a folder that everybody may write. */
  function openLink(): { readonly link: string; readonly real: string; readonly open: string } {
    const folder = tempFolder();
    const [link, real, open] = [folder.file('known_hosts'), folder.file('open', 'mine', 'real'), folder.file('open')];
    mkdirSync(folder.file('open', 'mine'), { recursive: true });
    writeFileSync(real, '# mine\n');
    symlinkSync(real, link);
    chmodSync(open, 0o777);
    return { link, real, open };
  }

  test('behind a trusted link the real file is written, and the link stays', async () => {
    const { link, real, open } = openLink();
    chmodSync(open, 0o755);
    const host = hostWith({ knownHosts: [link] });
    const { error, asked } = await attempt(host, { answer: 'yes' });
    expect(error).toBeNull();
    expect(asked[0]?.details.file).toBe(real);
    expect(asked[0]?.message).not.toContain('cannot be kept');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe(`# mine\n${line}`);
    expect(readdirSync(`${open}/mine`)).toEqual(['real']);
    expect((await attempt(hostWith({ ...host, hostKeyPolicy: 'strict' }))).error).toBeNull();
  });

  test('yes at any other link is refused and names the real file, which the question says before; once works', async () => {
    const { link, real, open } = openLink();
    const host = hostWith({ knownHosts: [link] });
    for (const step of [
      { host, answer: 'yes' as const },
      { host: hostWith({ ...host, hostKeyPolicy: 'accept-new' }) },
    ]) {
      const { error } = await attempt(step.host, step);
      expect(error?.code).toBe('host-key-not-saved');
      expect(error?.message).toContain(`leads to ${real}`);
      expect(error?.message).toContain(`chmod go-w ${open}`);
    }
    const { error, asked } = await attempt(host, { answer: 'once' });
    expect(error).toBeNull();
    expect(asked[0]?.details.file).toBe('');
    expect(asked[0]?.message).toContain(`A yes cannot be kept, and would be refused: ${link} leads to ${real}`);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe('# mine\n');
    writeFileSync(real, line);
    expect((await attempt(host)).error).toBeNull();
  });

  test('decide itself refuses, before anything is trusted', async () => {
    const host = hostWith({ knownHosts: [openLink().link] });
    const session = await trust.prepare(host, { trustedOnce: new Map() });
    await expect(session.decide(right, () => Promise.resolve('yes'))).rejects.toMatchObject({
      code: 'host-key-not-saved',
    });
  });

  test('a dangling link makes its file, but no folder', async () => {
    const folder = tempFolder();
    symlinkSync('away/real', folder.file('known_hosts'));
    const host = hostWith({ knownHosts: [folder.file('known_hosts')] });
    const { error, asked } = await attempt(host, { answer: 'yes' });
    expect(error).toMatchObject({ code: 'host-key-not-saved', message: expect.stringContaining('does not exist') });
    expect(asked[0]?.message).toContain('cannot be kept');
    expect(() => lstatSync(folder.file('away'))).toThrow('ENOENT');
    mkdirSync(folder.file('away'), { mode: 0o700 });
    expect((await attempt(host, { answer: 'yes' })).error).toBeNull();
    expect(readFileSync(folder.file('away', 'real'), 'utf8')).toBe(line);
    expect(statSync(folder.file('away', 'real')).mode & 0o777).toBe(0o600);
    expect(lstatSync(folder.file('known_hosts')).isSymbolicLink()).toBe(true);
  });

  test('a link to itself, and one to a device', async () => {
    const folder = tempFolder();
    symlinkSync('/dev/null', folder.file('known_hosts'));
    const { error } = await attempt(hostWith({ knownHosts: [folder.file('known_hosts')] }), { answer: 'yes' });
    expect(error).toMatchObject({
      code: 'host-key-not-saved',
      message: expect.stringContaining('/dev/null is not a regular file'),
    });
    symlinkSync('loop', folder.file('loop'));
    await expect(attempt(hostWith({ knownHosts: [folder.file('loop')] }), { answer: 'yes' })).rejects.toThrow();
  });

  test('/dev/null reads as empty and is not replaced', async () => {
    const { error } = await attempt(hostWith({ knownHosts: ['/dev/null'] }), { answer: 'yes' });
    expect(error?.code).toBe('host-key-not-saved');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('no file at all', async () => {
    expect((await attempt(hostWith({ knownHosts: [] }), { answer: 'yes' })).error?.code).toBe('host-key-not-saved');
    expect((await attempt(hostWith({ knownHosts: [] }), { answer: 'once' })).error).toBeNull();
  });

  test('the folder is in the way', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('file'), '');
    const { error } = await attempt(hostWith({ knownHosts: [folder.file('file', 'known_hosts')] }), { answer: 'yes' });
    expect(error?.code).toBe('host-key-not-saved');
  });

  test('only the first file is written', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('second'), '# theirs\n');
    const host = hostWith({ knownHosts: [folder.file('first'), folder.file('second')] });
    expect((await attempt(host, { answer: 'yes' })).error).toBeNull();
    expect(readFileSync(folder.file('first'), 'utf8')).toBe(line);
    expect(readFileSync(folder.file('second'), 'utf8')).toBe('# theirs\n');
  });
});

describe('while a person thinks', () => {
  const during = async (change: (file: string) => void): Promise<{ error: unknown; content: string }> => {
    const file = fileWith(null);
    const session = await trust.prepare(hostWith({ knownHosts: [file] }), { trustedOnce: new Map() });
    await session.decide(right, () => {
      change(file);
      return Promise.resolve('yes');
    });
    const error = await session.commit().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { error, content: readFileSync(file, 'utf8') };
  };

  test('the same key was added elsewhere: no second line', async () => {
    expect(await during((file) => writeFileSync(file, line))).toEqual({ error: null, content: line });
  });

  test('another key was added elsewhere: refused', async () => {
    const other = `bastion.example.org ${keyText(wrong)}\n`;
    const { error, content } = await during((file) => writeFileSync(file, other));
    expect(error).toMatchObject({ code: 'host-key-changed' });
    expect(content).toBe(other);
  });
});

describe('pins', () => {
  const pinned = (content: string | null, pins: string[], policy: HostConfig['hostKeyPolicy'] = 'ask') =>
    attempt(hostWith({ knownHosts: [fileWith(content)], hostKeyPins: pins, hostKeyPolicy: policy }));

  test('exactly these keys, whatever known_hosts says', async () => {
    const pin = fingerprintOf(right);
    expect((await pinned(null, ['SHA256:other', pin])).error).toBeNull();
    expect((await pinned(null, [`${pin}=`], 'strict')).error).toBeNull();
    expect((await pinned(`bastion.example.org ${keyText(wrong)}\n`, [pin])).error).toBeNull();
    const { error, asked } = await pinned(line, [fingerprintOf(wrong)]);
    expect(error?.code).toBe('host-key-pin');
    expect(asked).toHaveLength(0);
  });

  test('a revocation counts more', async () => {
    const { error } = await pinned(`@revoked * ${keyText(right)}\n`, [fingerprintOf(right)]);
    expect(error?.code).toBe('host-key-revoked');
  });

  test('nothing is written', async () => {
    const folder = tempFolder();
    mkdirSync(folder.file('.ssh'));
    const host = hostWith({ knownHosts: [folder.file('.ssh', 'known_hosts')], hostKeyPins: [fingerprintOf(right)] });
    const session = await trust.prepare(host, { trustedOnce: new Map() });
    await session.decide(right, () => Promise.reject(new Error('asked')));
    await session.commit();
    await session.update([right, rsa('new')], [right, rsa('new')]);
    expect(readdirSync(folder.file('.ssh'))).toEqual([]);
  });
});

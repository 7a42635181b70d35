import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHostKeyTrust } from '../../../src/main/engine/host-keys/host-key-trust.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';
import { ecdsa, ed25519, hashed, hostWith, keyText, rsa } from './fixtures.ts';

checkLeaks();

const used = ed25519('used');
const old = rsa('old');
const fresh = ecdsa('fresh');
const U = keyText(used);
const O = keyText(old);
const F = keyText(fresh);
const h = 'bastion.example.org';

interface Rotation {
  readonly proven?: readonly Buffer[];
  readonly advertised?: readonly Buffer[] | null;
  readonly host?: Partial<HostConfig>;
  readonly second?: string;
  readonly answer?: 'yes' | 'once';
}

/** What the first file holds after a connection with `used` and a notice; null: no file. */
async function after(
  content: string,
  rotation: Rotation = {},
): Promise<{ file: string; old: string | null; second: string }> {
  const folder = tempFolder();
  const [first, second] = [folder.file('known_hosts'), folder.file('second')];
  writeFileSync(first, content, 'latin1');
  writeFileSync(second, rotation.second ?? '', 'latin1');
  const host = hostWith({ knownHosts: [first, second], ...rotation.host });
  const session = await createHostKeyTrust({ clock: systemClock, log: silentLog }).prepare(host, {
    trustedOnce: new Map(),
  });
  await session.decide(used, () =>
    rotation.answer ? Promise.resolve(rotation.answer) : Promise.reject(new Error('nobody may be asked')),
  );
  await session.commit();
  const proven = rotation.proven ?? [fresh];
  await session.update(proven, rotation.advertised === undefined ? [used, fresh] : rotation.advertised);
  const read = (path: string): string | null => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return null;
    }
  };
  return { file: read(first) ?? '', old: read(`${first}.old`), second: read(second) ?? '' };
}

describe('changes', () => {
  test('a new key is added, a missing one removed, everything else kept; the old file is kept beside it', async () => {
    const content = `# top\r\n${h} ${U} mine\r\n\n${h} ${O}\nother ${O.slice(0, 60)}\nbroken line\0\r\n@bad ${h} ${O}\nlast`;
    const { file, old: backup, second } = await after(content);
    expect(file).toBe(
      `# top\r\n${h} ${U} mine\r\n\nother ${O.slice(0, 60)}\nbroken line\0\r\n@bad ${h} ${O}\nlast\n${h} ${F}\n`,
    );
    expect(backup).toBe(content);
    expect(second).toBe('');
  });

  test('hashed lines and ports', async () => {
    const name = `[${h}]:2222`;
    const { file } = await after(`${hashed(name)} ${U}\n${hashed(name)} ${O}\n${h} ${keyText(ed25519('other'))}\n`, {
      host: { port: 2222, hashKnownHosts: true },
    });
    const lines = file.split('\n');
    expect(lines[0]).toBe(`${hashed(name)} ${U}`);
    expect(lines[1]).toBe(`${h} ${keyText(ed25519('other'))}`);
    expect(lines[2]).toMatch(/^\|1\|.*ecdsa-sha2-nistp256/);
    expect(lines.slice(3)).toEqual(['']);
  });

  test('of a line with two names only ours is taken off', async () => {
    const { file } = await after(`${h},10.0.0.1 ${U}\n${h},10.0.0.1 ${O} note\n`, { proven: [], advertised: [used] });
    expect(file).toBe(`${h},10.0.0.1 ${U}\n10.0.0.1 ${O} note\n`);
  });

  test('without the notice keys are added, none is removed', async () => {
    const { file } = await after(`${h} ${U}\n${h} ${O}\n`, { advertised: null });
    expect(file).toBe(`${h} ${U}\n${h} ${O}\n${h} ${F}\n`);
  });

  test('after a key was confirmed with yes', async () => {
    expect((await after('', { answer: 'yes' })).file).toBe(`${h} ${U}\n${h} ${F}\n`);
  });

  test('certificates, unknown and unprovable types in the notice do not matter', async () => {
    const unknown = Buffer.from('junk');
    const { file } = await after(`${h} ${U}\n`, { advertised: [used, fresh, unknown] });
    expect(file).toBe(`${h} ${U}\n${h} ${F}\n`);
  });

  test('mode 0600', async () => {
    const folder = tempFolder();
    const path = folder.file('known_hosts');
    writeFileSync(path, `${h} ${U}\n${h} ${O}\n`, { mode: 0o644 });
    const session = await createHostKeyTrust({ clock: systemClock, log: silentLog }).prepare(
      hostWith({ knownHosts: [path] }),
      {
        trustedOnce: new Map(),
      },
    );
    await session.decide(used, () => Promise.reject(new Error('asked')));
    await session.update([fresh], [used, fresh]);
    expect(readFileSync(path, 'utf8')).toContain(F);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}.old`).mode & 0o777).toBe(0o600);
  });
});

describe('the copy from before', () => {
  test('stays as it was when keys are only added: it holds what was taken out before', async () => {
    const folder = tempFolder();
    const path = folder.file('known_hosts');
    writeFileSync(path, `${h} ${U}\n`);
    writeFileSync(`${path}.old`, `${h} ${O}\n`);
    const trust = createHostKeyTrust({ clock: systemClock, log: silentLog });
    const session = await trust.prepare(hostWith({ knownHosts: [path] }), { trustedOnce: new Map() });
    await session.decide(used, () => Promise.reject(new Error('asked')));
    await session.update([fresh], [used, fresh]);
    expect(readFileSync(path, 'utf8')).toBe(`${h} ${U}\n${h} ${F}\n`);
    expect(readFileSync(`${path}.old`, 'utf8')).toBe(`${h} ${O}\n`);
  });
});

describe('nothing changes', () => {
  const base = `${h} ${U}\n${h} ${O}\n`;
  test.each<[string, string, Rotation]>([
    ['all known', base, { proven: [used, old], advertised: [used, old] }],
    ['a new key without proof', base, { proven: [], advertised: [used, fresh] }],
    ['one of two new keys without proof', base, { proven: [fresh], advertised: [used, fresh, ed25519('second')] }],
    ['a proof for a key that was not named', base, { proven: [fresh], advertised: [used] }],
    ['a key named twice', base, { advertised: [used, fresh, fresh] }],
    ['an empty notice', base, { proven: [], advertised: [] }],
    ['only junk', base, { proven: [], advertised: [Buffer.from('junk')] }],
    ['turned off', base, { host: { updateHostKeys: false } }],
    ['a wildcard line', `${base}*.example.org ${U}\n`, {}],
    ['a line of three names', `${h},a,b ${U}\n`, {}],
    ['a negation on the line', `${h},!x ${U}\n`, {}],
    ['an authority for the name', `${base}@cert-authority ${h} ${keyText(ed25519('ca'))}\n`, {}],
    ['a revocation for the name', `${base}@revoked ${h} ${keyText(ed25519('stolen'))}\n`, {}],
    ['the new key under another name', `${base}other ${F}\n`, {}],
    ['the new key revoked for another name', `${base}@revoked other ${F}\n`, {}],
    ['the used key under another name', `${base}other ${U}\n`, {}],
    ['the old key under another name', `${base}other ${O}\n`, { proven: [], advertised: [used] }],
    ['the old key under another name, while one is new', `${base}other ${O}\n`, {}],
    ['the new key in the second file, other name', base, { second: `other ${F}\n` }],
    ['a wildcard in the second file', base, { second: `* ${U}\n` }],
    ['trusted by the second file only', `other ${keyText(ed25519('x'))}\n`, { second: `${h} ${U}\n` }],
    ['trusted by the name without the port', base, { host: { port: 2222 } }],
    ['trusted once', '', { answer: 'once' }],
  ])('%s', async (_what, content, rotation) => {
    const result = await after(content, rotation);
    expect(result.file).toBe(content);
    expect(result.old).toBeNull();
    expect(result.second).toBe(rotation.second ?? '');
  });

  test('a second notice on one connection', async () => {
    const path = tempFolder().file('known_hosts');
    writeFileSync(path, `${h} ${U}\n`);
    const session = await createHostKeyTrust({ clock: systemClock, log: silentLog }).prepare(
      hostWith({ knownHosts: [path] }),
      {
        trustedOnce: new Map(),
      },
    );
    await session.decide(used, () => Promise.reject(new Error('asked')));
    await session.update([fresh], [used, fresh]);
    await session.update([old], [used, old]);
    expect(readFileSync(path, 'utf8')).toBe(`${h} ${U}\n${h} ${F}\n`);
  });

  test('through a link that others could have placed, and the fault is no error', async () => {
    const folder = tempFolder();
    chmodSync(folder.path, 0o777);
    writeFileSync(folder.file('real'), `${h} ${U}\n`);
    symlinkSync('real', folder.file('known_hosts'));
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message), child: () => log };
    const session = await createHostKeyTrust({ clock: systemClock, log }).prepare(
      hostWith({ knownHosts: [folder.file('known_hosts')] }),
      { trustedOnce: new Map() },
    );
    await session.decide(used, () => Promise.reject(new Error('asked')));
    await session.update([fresh], [used, fresh]);
    expect(readFileSync(folder.file('real'), 'utf8')).toBe(`${h} ${U}\n`);
    expect(warnings).toHaveLength(1);
  });
});

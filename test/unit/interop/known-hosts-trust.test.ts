import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import { distrustOfKnownHosts } from '../../../src/main/engine/interop/known-hosts-trust.ts';
import { parseSshCommand } from '../../../src/main/engine/interop/ssh-command.ts';
import { calls } from '../../../src/shared/contract/calls.ts';
import { inEnglish, tell } from '../../../src/shared/i18n/sentences/index.ts';
import { itAsRoot } from '../../support/root.ts';
import { tempFolder } from '../../support/temp.ts';

function folderWith(mode: number, fileMode: number | null) {
  const folder = tempFolder();
  mkdirSync(folder.file('d'));
  const file = folder.file('d', 'known');
  if (fileMode !== null) {
    writeFileSync(file, '');
    chmodSync(file, fileMode);
  }
  chmodSync(folder.file('d'), mode);
  return { folder, file };
}

function distrustAt(path: string): string | null {
  const distrust = distrustOfKnownHosts(path);
  return distrust === null ? null : inEnglish(distrust);
}

describe('a known_hosts file that a command names', () => {
  test.each([
    [0o755, 0o644, null],
    [0o700, 0o600, null],
    [0o755, null, null],
    [0o755, 0o664, /may be written by its group/],
    [0o755, 0o646, /may be written by everybody/],
    [0o775, 0o644, /the folder .* may be written by its group/],
    [0o777, null, /it is not there yet, and others may write/],
    [0o1777, 0o644, null],
    // Whoever comes first makes it.
    [0o1777, null, /it is not there yet, and others may write/],
  ])('in a folder of %o with %o', (mode, fileMode, distrust) => {
    const { file } = folderWith(mode, fileMode);
    const found = distrustAt(file);
    if (distrust === null) expect(found).toBeNull();
    else expect(found).toMatch(distrust);
  });

  test('by way of a link, and in a folder that is not there', () => {
    const { folder, file } = folderWith(0o755, 0o666);
    symlinkSync(file, folder.file('link'));
    expect(distrustAt(folder.file('link'))).toMatch(/everybody/);
    chmodSync(file, 0o600);
    expect(distrustAt(folder.file('link'))).toBeNull();
    chmodSync(folder.file('d'), 0o777);
    expect(distrustAt(folder.file('link'))).toMatch(/everybody/);
    expect(distrustAt(folder.file('d', 'no', 'such', 'known'))).toMatch(/not there yet/);
  });

  itAsRoot('of somebody else', () => {
    const { file } = folderWith(0o755, 0o644);
    chownSync(file, 12_345, 12_345);
    expect(distrustAt(file)).toMatch(/belongs to another user/);
  });

  test('it is left out of the host, with the reason; one that is ours is taken, and said', () => {
    const { folder, file } = folderWith(0o755, 0o666);
    const parsed = parseConfig('', { file: folder.file('config.toml') });
    if (parsed.kind === 'bad') throw new Error('an empty configuration is a good one');
    const parse = () =>
      parseSshCommand(`ssh -o UserKnownHostsFile=${file} -L 1:a:1 h.example.org`, {
        config: parsed.config,
        home: folder.path,
      });
    expect(parse().edits[0]).toEqual({ op: 'add-host', name: 'h', values: { address: 'h.example.org' } });
    expect(parse().notes).toEqual([expect.stringMatching(/^UserKnownHostsFile .* is left out: .* everybody/)]);
    // As a shell gets it, and says it.
    const { said } = calls['ssh-command.parse'].output.parse(parse());
    const german = said?.notes.map((note) => (note === null ? null : tell(note, 'de')));
    expect(german).toEqual([
      expect.stringMatching(/^UserKnownHostsFile .* wurde weggelassen: in die Datei .* jeder andere/),
    ]);
    chmodSync(file, 0o600);
    expect(parse().edits[0]).toMatchObject({ values: { 'known-hosts': [file, expect.anything(), expect.anything()] } });
    expect(parse().notes).toEqual([expect.stringMatching(/^UserKnownHostsFile .*: host keys are looked up and kept/)]);
  });
});

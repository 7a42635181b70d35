import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { listSshConfig } from '../../../src/main/engine/interop/ssh-config-list.ts';
import { isSafeAlias } from '../../../src/main/engine/interop/ssh-dump.ts';
import type { Said } from '../../../src/shared/i18n/said.ts';
import { inEnglish } from '../../../src/shared/i18n/sentences/index.ts';
import { itAsRoot } from '../../support/root.ts';
import { tempFolder } from '../../support/temp.ts';

function textOf(said: Said | null): string | null {
  return said === null ? null : inEnglish(said);
}

/** A home with these files below `.ssh`. */
function homeWith(files: Readonly<Record<string, string>>) {
  const home = tempFolder();
  mkdirSync(home.file('.ssh', 'conf.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(home.file('.ssh', name), text);
  return { home: home.path, file: home.file('.ssh', 'config') };
}

async function aliasesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { home, file } = homeWith(files);
  return (await listSshConfig(file, home)).aliases;
}

describe('listSshConfig', () => {
  test.each([
    ['Host a b\nHost c', ['a', 'b', 'c']],
    ['host=a\nHOST = b\n\tHost\tc', ['a', 'b', 'c']],
    ['Host a *.b ?c !d e*', ['a']],
    ['Host a # so\n# Host b', ['a']],
    ['Host "a" \'b\'', ['a', 'b']],
    ['Host a\r\nHost b\r\n', ['a', 'b']],
    ['\uFEFFHost a', ['a']],
    ['Host a\nHost a b', ['a', 'b']],
    ['Hostname a\nHostX b', []],
    ['', []],
  ])('%j', async (config, aliases) => {
    expect(await aliasesOf({ config })).toEqual(aliases);
  });

  test('a line of half a million blanks is read in no time', { timeout: 10_000 }, async () => {
    const blanks = ' '.repeat(500_000);
    expect(await aliasesOf({ config: `User a${blanks}x\n${blanks}Host b${blanks}\n${blanks}#${blanks}c` })).toEqual([
      'b',
    ]);
  });

  test('follows Include: relative to ~/.ssh, by glob in order, with ~, inside of Host blocks', async () => {
    expect(
      await aliasesOf({
        config: 'Include conf.d/*.conf\nHost z\n  Include ~/.ssh/more "with space"\nInclude missing nothing/*\n',
        'conf.d/20.conf': 'Host b',
        'conf.d/10.conf': 'Host a\nInclude nested',
        'conf.d/.hidden.conf': 'Host hidden',
        'conf.d/other': 'Host other',
        nested: 'Host n',
        more: 'Host m',
        'with space': 'Host s',
      }),
    ).toEqual(['a', 'n', 'b', 'z', 'm', 's']);
  });

  test('sets in globs, and folders by glob', async () => {
    expect(
      await aliasesOf({
        config: 'Include conf.?/[!b-z]*\nInclude [\nInclude conf.d/[z-a]',
        'conf.d/a1': 'Host a',
        'conf.d/b1': 'Host b',
      }),
    ).toEqual(['a']);
  });

  test('an Include of itself ends', async () => {
    expect(await aliasesOf({ config: 'Host a\nInclude config other\n', other: 'Include config\nHost b\n' })).toEqual([
      'a',
      'b',
    ]);
  });

  test('stops at a depth of 16, as ssh does', async () => {
    const files: Record<string, string> = { config: 'Include 1\nHost h0' };
    for (let depth = 1; depth < 30; depth += 1) files[`${depth}`] = `Host h${depth}\nInclude ${depth + 1}`;
    expect(await aliasesOf(files)).toHaveLength(17);
  });

  test.each([
    ['Match exec "true"', true],
    ['Match host a !exec=true', true],
    ['match HOST a EXEC "x"', true],
    ['Match host exec.example.org', false],
    ['Match all', false],
    ['Match host *.example.org,"b c" user me', false],
    ['Match originalhost=box.example.org !user root', false],
    ['Match final host "a" # why', false],
    ['Match canonical\nInclude "with space" ~/.ssh/conf.d/*.conf conf.?/[a-c0]*', false],
    ['Use-Keychain yes\n\tHost\ta\r\n\f\n', false],
    ['IgnoreUnknown Use-Keychain\nUse-Keychain yes', false],
    ['Match host a frobnicate b', true],
    ['"Match" exec x', true],
    ['Mat"ch" exec x', true],
    ['Match ex"ec" x', true],
    ["Match 'ex'ec x", true],
    ['Match exec "x\u2028"', true],
    ['=Match exec x', true],
    ['Host a\0', true],
    ['"Include" more', true],
    ["Include 'more'", true],
    ['Include mor\\e', true],
    ['Include [[:alpha:]]ore', true],
    ['Include ~root/config', true],
    ['Include /dev/null', true],
    ['Include ${HOME}/.ssh/more', true],
    ['Include %d/.ssh/nothing', false],
    ['# Match exec x', false],
    ['Include more', true],
    ['Include ${HOLDFAST_NOT_SET}/x', true],
    ['Include %h', true],
  ])('%j runs commands: %s', async (config, runsCommands) => {
    const { home, file } = homeWith({ config, more: 'Match final exec y' });
    expect((await listSshConfig(file, home)).runsCommands).toBe(runsCommands);
  });

  test('what is more than is read counts as a command', async () => {
    const huge = homeWith({ config: `#${'x'.repeat(5_000_000)}\nHost a\n` });
    expect(await listSshConfig(huge.file, huge.home)).toMatchObject({ runsCommands: true, aliases: [] });
    const line = `#${'x'.repeat(3_900_000)}\n`;
    const parts = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`conf.d/${at}`, line]));
    const much = homeWith({ config: 'Include conf.d/*\n', ...parts });
    expect(await listSshConfig(much.file, much.home)).toMatchObject({ runsCommands: true });
    const wide = homeWith({ config: `Include ${'.*/'.repeat(60)}x\n` });
    expect(await listSshConfig(wide.file, wide.home)).toMatchObject({ runsCommands: true });
    const long = homeWith({ config: `Include ${'*a'.repeat(3000)}\n` });
    expect(await listSshConfig(long.file, long.home)).toMatchObject({ runsCommands: true });
  });

  test('a glob that a tree of tries would never end on is answered', async () => {
    const name = 'a'.repeat(200);
    const { home, file } = homeWith({ config: `Include ${'*?'.repeat(14)}b ${'*a'.repeat(40)}b\nHost h`, [name]: '' });
    expect(await listSshConfig(file, home)).toMatchObject({ runsCommands: false, aliases: ['h'] });
  });

  test('names and files that hide or reorder text are told cleaned, and such a name is no name for ssh', async () => {
    const { home, file } = homeWith({
      config: 'Host a\u202eb c\u3164d grüße\nInclude e\u202ef',
      'e\u202ef': 'Match exec true',
    });
    const { aliases, commandsAt } = await listSshConfig(file, home);
    expect(aliases).toEqual(['a\\u{202e}b', 'c\\u{3164}d', 'grüße']);
    expect(textOf(commandsAt)).toContain('e\\u{202e}f');
    expect(['c\u3164d', 'c\u2800d', ...aliases].map(isSafeAlias)).toEqual([false, false, false, false, true]);
  });

  test('a missing file has no aliases', async () => {
    const home = tempFolder();
    expect(await listSshConfig(home.file('nothing'), home.path)).toEqual({
      file: home.file('nothing'),
      runsCommands: false,
      commandsAt: null,
      aliases: [],
    });
  });
});

/** ssh reads the files a second time: whoever may change them meanwhile may put a `Match exec` there. */
describe('what somebody else may change before ssh reads it counts as a command', () => {
  test('a file or folder that others may write, a link into one, and names that others may add', async () => {
    const { home, file } = homeWith({ config: 'Host a', other: 'Host b' });
    const shared = tempFolder();
    chmodSync(shared.path, 0o1777);
    const at = async (): Promise<string | null> => textOf((await listSshConfig(file, home)).commandsAt);
    expect(await at()).toBeNull();
    const cases = {
      'Include other': null,
      [`Include ${shared.file('missing')}`]: /others may write/,
      [`Include ${shared.file('*.conf')}`]: /may hold other files by the time ssh reads it: others may write/,
      [`Include ${shared.file('no', 'such', '*.conf')}`]: /others may write/,
    };
    for (const [text, said] of Object.entries(cases)) {
      writeFileSync(file, text);
      if (said === null) expect(await at(), text).toBeNull();
      else expect(await at(), text).toMatch(said);
    }
    writeFileSync(file, 'Include other');
    chmodSync(`${home}/.ssh/other`, 0o666);
    expect(await at()).toMatch(/may say something else by the time ssh reads it: .* may be written by everybody/);
    chmodSync(`${home}/.ssh/other`, 0o600);
    expect(await at()).toBeNull();
    chmodSync(`${home}/.ssh`, 0o777);
    expect(await at()).toMatch(/may be written by everybody/);
  });

  itAsRoot("somebody else's file in a shared folder", async () => {
    const { home } = homeWith({});
    const shared = tempFolder();
    chmodSync(shared.path, 0o1777);
    writeFileSync(shared.file('rc'), 'Host a');
    chownSync(shared.file('rc'), 65_534, 65_534);
    const found = await listSshConfig(shared.file('rc'), home);
    expect(found).toMatchObject({ runsCommands: true, aliases: ['a'] });
    expect(textOf(found.commandsAt)).toMatch(/belongs to another user/);
  });
});

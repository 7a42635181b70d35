import * as fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/main/engine/config/parse.ts';
import { importSshConfig } from '../../src/main/engine/interop/ssh-config-import.ts';
import { listSshConfig } from '../../src/main/engine/interop/ssh-config-list.ts';
import { tempFolder } from '../support/temp.ts';

/** Files below `.ssh` by name, as bytes (latin1). `@RUN@` stands for a command that leaves a sentinel, `@HOME@` for the home folder. */
type Files = Readonly<Record<string, string>>;

/** A home where only the sentinel tells whether a command ran. */
function bench() {
  const home = tempFolder();
  const sentinel = home.file('ran');
  const file = home.file('.ssh', 'config');
  return {
    file,
    home: home.path,
    write(files: Files): void {
      rmSync(home.file('.ssh'), { recursive: true, force: true });
      mkdirSync(home.file('.ssh'));
      for (const [name, text] of Object.entries(files)) {
        const path = home.file('.ssh', name);
        mkdirSync(dirname(path), { recursive: true });
        const filled = text.replaceAll('@RUN@', `touch ${sentinel}`).replaceAll('@HOME@', home.path);
        writeFileSync(path, Buffer.from(filled, 'latin1'), { mode: 0o600 });
      }
    },
    /** What the real ssh does with the file. */
    sshRuns(): boolean {
      rmSync(sentinel, { force: true });
      const env = { ...process.env, HOME: home.path };
      spawnSync('ssh', ['-G', '-F', file, '--', 'box'], { env, stdio: ['ignore', 'ignore', 'ignore'] });
      return ran();
    },
    ran,
    forget: () => rmSync(sentinel, { force: true }),
  };

  function ran(): boolean {
    return existsSync(sentinel);
  }
}

function emptyConfig(file: string) {
  const parsed = parseConfig('', { file });
  if (parsed.kind === 'bad') throw new Error('an empty configuration is a good one');
  return parsed.config;
}

/** Where ssh runs a command, the reader says so; and an import without consent runs none. */
async function judge(files: Files): Promise<{ readonly sshRuns: boolean; readonly weSay: boolean }> {
  const at = bench();
  at.write(files);
  const sshRuns = at.sshRuns();
  at.forget();
  const weSay = (await listSshConfig(at.file, at.home)).runsCommands;
  const result = await importSshConfig(['box'], {
    file: at.file,
    config: emptyConfig(at.file),
    mayRunCommands: false,
    home: at.home,
  });
  expect(at.ran()).toBe(false);
  if (weSay) expect(result).toMatchObject({ edits: [], skipped: [{ alias: 'box' }] });
  return { sshRuns, weSay };
}

const nested = (depth: number): Files => {
  const files: Record<string, string> = { config: 'Include 1' };
  for (let at = 1; at <= depth; at += 1) files[`${at}`] = at === depth ? 'Match exec "@RUN@"\n' : `Include ${at + 1}\n`;
  return files;
};

describe('commands of an ssh_config', () => {
  test.each<[string, Files]>([
    ['plainly', { config: 'Match exec "@RUN@"\n' }],
    ['the keyword in quotes', { config: '"Match" exec "@RUN@"\n' }],
    ['a part of the keyword in quotes', { config: 'Mat"ch" exec "@RUN@"\n' }],
    ['nothing between keyword and criterion', { config: 'Mat"ch"exec "@RUN@"\n' }],
    ['a part of the criterion in quotes', { config: 'Match ex"ec" "@RUN@"\n' }],
    ['the criterion in quotes', { config: 'Match "exec" "@RUN@"\n' }],
    ['an equals sign before the keyword', { config: '=Match exec "@RUN@"\n' }],
    ['an empty text before the keyword', { config: '"" Match exec "@RUN@"\n' }],
    ['an equals sign behind the keyword', { config: 'Match=exec="@RUN@"\n' }],
    ['a carriage return before the keyword', { config: '\rMatch exec "@RUN@"\n' }],
    ['U+2028 behind it', { config: 'Match exec "@RUN@ #\xe2\x80\xa8"\n' }],
    ['U+2029 and U+0085 behind it', { config: 'Match exec "@RUN@ #\xe2\x80\xa9\xc2\x85"\n' }],
    ['a NUL behind it', { config: 'Match exec "@RUN@"\0\n' }],
    ['behind another criterion in quotes', { config: 'Match host "*" exec "@RUN@"\n' }],
    ['behind a criterion that says exec', { config: 'Match host *,exec exec "@RUN@"\n' }],
    ['negated, in a block of another host', { config: 'Host other\nMatch !exec "@RUN@"\n' }],
    ['Include in quotes', { config: '"Include" more\n', more: 'Match exec "@RUN@"\n' }],
    ['a part of Include in quotes', { config: 'Inc"lude" more\n', more: 'Match exec "@RUN@"\n' }],
    ['Include of a name with a backslash', { config: 'Include a\\\\ b\n', 'a\\': 'Match exec "@RUN@"\n' }],
    ['Include of a name with an escaped blank', { config: 'Include a\\ b\n', 'a b': 'Match exec "@RUN@"\n' }],
    ['Include of a name in parts', { config: 'Include a"b"\'c\'\n', abc: 'Match exec "@RUN@"\n' }],
    ['Include of an escaped glob', { config: 'Include a\\[b]*\n', 'a[b]c': 'Match exec "@RUN@"\n' }],
    ['Include of a class', { config: 'Include [[:alpha:]]\n', a: 'Match exec "@RUN@"\n' }],
    ['Include of a set with a bracket', { config: 'Include []a]\n', a: 'Match exec "@RUN@"\n' }],
    ['Include of a name with a percent sign', { config: 'Include %d\n', '%d': 'Match exec "@RUN@"\n' }],
    ['Include of a name with a variable', { config: 'Include ${HOME}\n', '${HOME}': 'Match exec "@RUN@"\n' }],
    ['Include by way of dots', { config: 'Include d/.*/more\n', more: 'Match exec "@RUN@"\n', 'd/x': '' }],
    ['Include of a name beyond ASCII', { config: 'Include \xc3\xbc?\n', '\xfca': 'Match exec "@RUN@"\n' }],
    ['Include of two bytes as two', { config: 'Include x?\n', 'x\xfc': 'Match exec "@RUN@"\n' }],
    ['Include by another way round', { config: 'Include no/../more ./more\n', more: 'Match exec "@RUN@"\n' }],
    ['behind 4 MiB', { config: `${'# a line\n'.repeat(600_000)}Match exec "@RUN@"\n` }],
    ['behind a long line', { config: `# ${'x'.repeat(5_000_000)}\nMatch exec "@RUN@"\n` }],
    [
      'behind a thousand files',
      {
        config: 'Include c/*\n',
        ...Object.fromEntries(Array.from({ length: 1100 }, (_, at) => [`c/${1000 + at}`, '# nothing\n'])),
        'c/z': 'Match exec "@RUN@"\n',
      },
    ],
    ['at the greatest depth', nested(16)],
    ['behind a broken line', { config: 'Nonsense\nHost "a\nMatch exec "@RUN@"\n' }],
  ])('%s', async (_name, files) => {
    const { sshRuns, weSay } = await judge(files);
    expect(weSay || !sshRuns).toBe(true);
  });

  const loud = fc.constantFrom(
    ...['exec', 'EXEC', 'ex"ec"', '"exec"', "'exec'", 'e\\xec', '!exec', 'exec=', 'exec =', '""exec', 'ex""ec'],
  );
  const blank = fc.constantFrom(' ', '\t', '  ', '=', ' = ', '\r', '', '"" ', '\f', '\xa0');
  const keyword = fc.constantFrom(
    ...['Match', 'MATCH', 'match', '"Match"', 'Mat"ch"', 'M"atch"', "'Match'", 'Mat\\ch', 'Match""', '""Match'],
    ...['Include', '"Include"', 'Inc"lude"', 'Host', 'Port', '#Match', 'IgnoreUnknown'],
  );
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('"@RUN@"', '"@RUN@ #x"', '"true;@RUN@"', '@RUN@', "'@RUN@'") },
    { weight: 3, arbitrary: fc.constantFrom('host', 'user', 'all', 'final', 'canonical', 'originalhost', '*', '"*"') },
    { weight: 2, arbitrary: fc.constantFrom('more', '"more"', 'm*', 'm"or"e', '~/.ssh/more', 'm[o]re', 'sub/../more') },
    { weight: 1, arbitrary: fc.constantFrom('#', '"', "'", '\\', '\0', '\xe2\x80\xa8', '\u00ff', 'x') },
  );
  const line = fc
    .tuple(
      blank,
      keyword,
      blank,
      fc.array(fc.tuple(fc.oneof({ weight: 2, arbitrary: loud }, word), blank), { maxLength: 5 }),
    )
    .map(([before, name, behind, words]) => before + name + behind + words.map(([one, gap]) => one + gap).join(''));
  const text = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => `${lines.join('\n')}\n`);
  /** Lines that are read as they stand, with a condition or a file that runs something in most. */
  const sound = fc
    .array(
      fc.constantFrom(
        ...['Match exec "@RUN@"', 'Match host * exec "@RUN@"', 'Match final exec "@RUN@"', 'Match !exec "@RUN@"'],
        ...['Include more', 'Include m*', 'Include ~/.ssh/more', 'Include "more"', 'Match host box', 'Match all'],
        ...['Host box', 'Host *', 'Port 22', '  User me', '# a comment', ''],
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((lines) => `${lines.join('\n')}\n`);
  /** The same bytes with a few of them moved, doubled or gone. */
  const broken = fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: sound }, text),
      fc.array(fc.tuple(fc.nat(80), fc.constantFrom('', '"', '""', "'", '\\', ' ', '=', '\r'))),
    )
    .map(([whole, cuts]) => {
      let bytes = whole;
      for (const [at, put] of cuts.slice(0, 2))
        bytes = bytes.slice(0, at) + put + bytes.slice(at + (put === '' ? 1 : 0));
      return bytes;
    });

  test('whatever ssh runs, the reader has said that it runs something', async () => {
    let runs = 0;
    let quiet = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(text, { weight: 3, arbitrary: broken }),
        fc.oneof(text, broken),
        async (config, more) => {
          const { sshRuns, weSay } = await judge({ config, more, 'sub/x': '' });
          runs += sshRuns ? 1 : 0;
          quiet += weSay ? 0 : 1;
          expect(weSay || !sshRuns).toBe(true);
        },
      ),
      { numRuns: 400, endOnFailure: true },
    );
    // Both kinds were among them, or nothing was shown.
    expect(runs).toBeGreaterThan(20);
    expect(quiet).toBeGreaterThan(5);
  });
});

import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteShellWord } from '../../../src/shared/model/shell-quote.ts';
import { guessDialect, splitShellWords } from '../../../src/main/engine/interop/shell-words.ts';

describe('splitShellWords as sh', () => {
  test.each([
    ['ssh  -N\t-L 1:a:1 h', ['ssh', '-N', '-L', '1:a:1', 'h']],
    [`ssh 'a b'"c d"e`, ['ssh', 'a bc de']],
    [`ssh "a\\"b\\\\c\\d" 'x\\y'`, ['ssh', 'a"b\\c\\d', 'x\\y']],
    [`ssh a\\ b ''`, ['ssh', 'a b', '']],
    ['ssh -N \\\n  -L 1:a:1 \\\r\n h', ['ssh', '-N', '-L', '1:a:1', 'h']],
    ['ssh -i $HOME/.ssh/k -i "${HOME}/x" h', ['ssh', '-i', '~/.ssh/k', '-i', '~/x', 'h']],
    ['ssh h > /dev/null 2>&1 &', ['ssh', 'h']],
    ['ssh 2>log h', ['ssh', 'h']],
    ["ssh -o 'ProxyCommand=nc %h %p' h", ['ssh', '-o', 'ProxyCommand=nc %h %p', 'h']],
    ['$ ssh h', ['$', 'ssh', 'h']],
  ])('%j', (text, words) => {
    expect(splitShellWords(text, 'posix')).toEqual({ words, leftOut: [], problem: null });
  });

  test.each([
    ['ssh h; rm -rf x', '; rm -rf x'],
    ['ssh h && ls', '&& ls'],
    ['ssh h | cat', '| cat'],
    ['ssh h\nls', 'ls'],
    ['ssh h # so', '# so'],
  ])('%j ends at the next command', (text, rest) => {
    expect(splitShellWords(text, 'posix')).toEqual({ words: ['ssh', 'h'], leftOut: [rest], problem: null });
  });

  test.each(['ssh "a', "ssh 'a", 'ssh $X', 'ssh `id`', 'ssh $(id)', 'ssh "a$(id)"', 'ssh a$HOME', 'x'.repeat(20_000)])(
    '%.20j has a problem',
    (text) => {
      expect(splitShellWords(text, 'posix').problem).not.toBeNull();
    },
  );

  test('agrees with the real sh on quoted words', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      "'",
      '"',
      '\\',
      '$',
      '`',
      '*',
      '#',
      ';',
      '&',
      '>',
      '~',
      '=',
      '%',
      'é',
      '\t',
      '!',
      '-',
      '/',
    );
    const word = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''));
    const lists = fc.sample(fc.array(word, { minLength: 1, maxLength: 6 }), 40);
    for (const words of lists) {
      const line = words.map(quoteShellWord).join(' ');
      const said = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8', env: { HOME: '~' } });
      expect(said.split('\0').slice(0, -1)).toEqual(words);
      expect(splitShellWords(line, 'posix').words).toEqual(words);
    }
  });

  test('reads back every quoted word', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 }), (words) => {
        expect(splitShellWords(words.map(quoteShellWord).join(' '), 'posix')).toEqual({
          words,
          leftOut: [],
          problem: null,
        });
      }),
    );
  });
});

describe('splitShellWords as cmd.exe and PowerShell', () => {
  test.each([
    [
      '"C:\\Program Files\\OpenSSH\\ssh.exe" -i C:\\Users\\me\\k h',
      ['C:\\Program Files\\OpenSSH\\ssh.exe', '-i', 'C:\\Users\\me\\k', 'h'],
    ],
    ['ssh.exe -N ^\r\n -L 1:a:1 h', ['ssh.exe', '-N', '-L', '1:a:1', 'h']],
    ['ssh.exe -N `\n -L 1:a:1 h', ['ssh.exe', '-N', '-L', '1:a:1', 'h']],
    ["ssh.exe -i 'C:\\my keys\\k' h", ['ssh.exe', '-i', 'C:\\my keys\\k', 'h']],
    ['ssh -i %USERPROFILE%\\.ssh\\k h', ['ssh', '-i', '~\\.ssh\\k', 'h']],
    ['ssh -i "$env:USERPROFILE\\.ssh\\k" h', ['ssh', '-i', '~\\.ssh\\k', 'h']],
    ['ssh.exe -o "ProxyCommand=nc %h %p" h', ['ssh.exe', '-o', 'ProxyCommand=nc %h %p', 'h']],
  ])('%j', (text, words) => {
    expect(guessDialect(text)).toBe('windows');
    expect(splitShellWords(text)).toEqual({ words, leftOut: [], problem: null });
  });

  test('a variable that is not the home folder is a problem', () => {
    expect(splitShellWords('ssh.exe %APPDATA%\\x').problem?.given).toEqual({ what: '%APPDATA%' });
  });
});

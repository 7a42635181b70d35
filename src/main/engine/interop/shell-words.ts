import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';

/** How a pasted text is quoted: as for sh, or as for cmd.exe and PowerShell. */
export type ShellDialect = 'posix' | 'windows';

export interface ShellWords {
  readonly words: readonly string[];
  /** What stood behind the command: further commands, a comment. */
  readonly leftOut: readonly string[];
  /** Why the text is no command line, null if it is one. */
  readonly problem: Said | null;
}

/** Longest text that is read. */
const maxLength = 16 * 1024;

/** cmd.exe or PowerShell by their marks: a drive or a share, %USERPROFILE%, $env:, ssh.exe, a caret or backtick at a line's end. */
export function guessDialect(text: string): ShellDialect {
  return /(^|[\s"'=])[A-Za-z]:\\|(^|[\s"'])\\\\[A-Za-z0-9.]|%(?:USERPROFILE|HOME|HOMEPATH|HOMEDRIVE|APPDATA|LOCALAPPDATA|USERNAME|PROGRAMFILES|SYSTEMROOT|WINDIR|TEMP)%|\$env:|\bssh\.exe\b|[\^`]\r?\n/i.test(
    text,
  )
    ? 'windows'
    : 'posix';
}

/**
 * Splits a command line into words as a shell would, without running or filling in anything. `$HOME` and its like at the front of a word become
 * `~`; any other variable or substitution is a problem, since only the shell knows its value.
 */
export function splitShellWords(text: string, dialect: ShellDialect = guessDialect(text)): ShellWords {
  if (text.length > maxLength) return { words: [], leftOut: [], problem: sshCommand.tooLong() };
  return new Splitter(text, dialect).split();
}

class Splitter {
  readonly #text: string;
  readonly #dialect: ShellDialect;
  readonly #words: string[] = [];
  readonly #leftOut: string[] = [];
  #at = 0;
  /** Null between words: an empty text in quotes is a word. */
  #word: string | null = null;
  #problem: Said | null = null;
  /** The next word belongs to a redirection. */
  #isRedirected = false;

  constructor(text: string, dialect: ShellDialect) {
    this.#text = text.trim();
    this.#dialect = dialect;
  }

  split(): ShellWords {
    while (this.#at < this.#text.length && this.#problem === null) if (!this.#step()) break;
    this.#endWord();
    return { words: this.#words, leftOut: this.#leftOut, problem: this.#problem };
  }

  /** False: the command ends here. */
  #step(): boolean {
    const char = this.#text[this.#at] ?? '';
    const rest = this.#text.slice(this.#at);
    const joined = (this.#dialect === 'posix' ? /^\\\r?\n/ : /^[\^`\\]\r?\n/).exec(rest);
    if (joined !== null) {
      this.#at += joined[0].length;
    } else if (char === '\n' || char === '\r') {
      return this.#stop(rest);
    } else if (/\s/.test(char)) {
      this.#endWord();
      this.#at += 1;
    } else if (
      char === '"' ||
      (char === "'" && (this.#dialect === 'posix' || this.#word === null || this.#word.endsWith('=')))
    ) {
      this.#quoted(char);
    } else if (char === '\\' && this.#dialect === 'posix') {
      this.#append(this.#text[this.#at + 1] ?? '');
      this.#at += 2;
    } else if (char === '^' && this.#dialect === 'windows') {
      this.#append(this.#text[this.#at + 1] ?? '');
      this.#at += 2;
    } else if (char === '#' && this.#word === null) {
      return this.#stop(rest);
    } else if (';&|()<>'.includes(char)) {
      return this.#operator(rest);
    } else if (char === '$' || char === '`' || (char === '%' && this.#dialect === 'windows')) {
      this.#variable(rest);
    } else {
      this.#append(char);
      this.#at += 1;
    }
    return true;
  }

  #append(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word === null) return;
    // Where the output goes is nothing to the tunnel.
    if (!this.#isRedirected) this.#words.push(this.#word);
    this.#isRedirected = false;
    this.#word = null;
  }

  #stop(rest: string): false {
    this.#endWord();
    if (rest.trim() !== '') this.#leftOut.push(rest.trim());
    return false;
  }

  #quoted(quote: string): void {
    this.#append('');
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) {
        this.#problem = sshCommand.noOtherEnd({ quote });
        return;
      }
      const next = this.#text[this.#at + 1] ?? '';
      if (char === quote) {
        this.#at += 1;
        return;
      }
      const escapes = this.#dialect === 'posix' ? '"\\$`\n' : '"';
      if (quote === '"' && char === '\\' && next !== '' && escapes.includes(next)) {
        if (next !== '\n') this.#append(next);
        this.#at += 2;
      } else if (
        quote === '"' &&
        (char === '$' || (char === '`' && this.#dialect === 'posix') || (char === '%' && this.#dialect === 'windows'))
      ) {
        this.#variable(this.#text.slice(this.#at));
        if (this.#problem !== null) return;
      } else {
        this.#append(char);
        this.#at += 1;
      }
    }
  }

  #operator(rest: string): boolean {
    const redirect = /^(?:&>>?|<<?<?|>[>&|]?)/.exec(rest);
    if (redirect !== null) {
      // A number right before it is the descriptor, not a word.
      if (/^\d$/.test(this.#word ?? '')) this.#word = null;
      this.#endWord();
      this.#isRedirected = true;
      this.#at += redirect[0].length;
      return true;
    }
    // To run in the background is what Holdfast does anyway.
    const background = /^&\s*$/.exec(rest);
    return this.#stop(background === null ? rest : '');
  }

  /** `$HOME`, `$env:USERPROFILE`, `%USERPROFILE%` at the front of a word are the home folder; a percent sign alone is a percent sign. */
  #variable(rest: string): void {
    const home = (
      this.#dialect === 'posix'
        ? /^\$(?:HOME(?![A-Za-z0-9_])|\{HOME\})/
        : /^(?:\$HOME(?![A-Za-z0-9_])|\$\{HOME\}|\$env:USERPROFILE(?![A-Za-z0-9_])|%USERPROFILE%|%HOME%)/i
    ).exec(rest);
    if (home !== null && (this.#word ?? '') === '') {
      this.#append('~');
      this.#at += home[0].length;
      return;
    }
    const variable = (
      this.#dialect === 'posix'
        ? /^(?:\$[A-Za-z_{(0-9@*#?!$'"][A-Za-z0-9_]*\}?|`)/
        : /^(?:\$(?:env:)?[A-Za-z_{(][A-Za-z0-9_:]*\}?|%[A-Za-z_][A-Za-z0-9_]*%)/i
    ).exec(rest);
    if (variable === null || (rest[0] === '$' && /^\$["']/.test(variable[0]))) {
      this.#append(rest[0] ?? '');
      this.#at += 1;
      return;
    }
    this.#problem = sshCommand.valueOfShell({ what: variable[0] === '`' ? sshCommand.backticks() : variable[0] });
  }
}

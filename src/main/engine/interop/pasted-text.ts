import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { splitShellWords } from './shell-words.ts';

/** A command as it stands in a pasted text, and what stood around it. */
export interface PastedText {
  readonly command: string;
  /** `NAME=value` that was set for it. */
  readonly environment: ReadonlyMap<string, string>;
  /** Who runs it there (a unit's User=, a crontab's column), null if nothing says so. */
  readonly runAs: string | null;
  /** It stands in a loop: what follows it may be the loop's end. */
  readonly isLooped: boolean;
  readonly notes: readonly Said[];
  /** Why the text cannot be read. */
  readonly problem: Said | null;
}

/** Marks that word processors, chats and web pages put in place of what was typed. */
const plainMarks: readonly (readonly [RegExp, string])[] = [
  [/[\u201c-\u201f\u2033\u00ab\u00bb\uff02]/gu, '"'],
  [/[\u2018-\u201b\u2032\uff07]/gu, "'"],
  // Alone it was "--"; before or within a word "-".
  [/(?<=^|\s)[\u2014\u2015](?=\s|$)/gu, '--'],
  [/[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/gu, '-'],
  [/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/gu, ' '],
  [/[\u2028\u2029]/gu, '\n'],
  [/[\u00ad\u200b-\u200d\u2060\ufeff]/gu, ''],
];

/** `text` with plain quotes, dashes and blanks; `marks`: the others that were in it, each once. */
export function plainPunctuation(text: string): { readonly text: string; readonly marks: readonly string[] } {
  const marks = new Set<string>();
  let plain = text;
  for (const [pattern, put] of plainMarks)
    plain = plain.replaceAll(pattern, (mark) => {
      marks.add(mark);
      return put;
    });
  return { text: plain, marks: [...marks] };
}

/** Takes the command out of a unit of systemd, a line of a crontab, a loop or a script. */
export function readPastedText(pasted: string): PastedText {
  const { text, marks } = plainPunctuation(pasted);
  const notes = marks.length === 0 ? [] : [sshCommand.typographicMarks({ marks: marks.map(visible) })];
  const environment = new Map<string, string>();
  const found = /^[ \t]*ExecStart[ \t]*=/m.test(text) ? readUnit(text, environment) : readLine(text);
  let command = found.command;
  let isLooped = false;
  for (;;) {
    const before = command;
    command = command.replace(/^(?:\s|#[^\n]*(?:\n|$))+/, '');
    command = takeAssignment(command, environment);
    // What a script says while it waits.
    command = command.replace(/^(?:(?:echo|printf|date|sleep|set)\b[^;\n&|`$]*|:[ \t]*)(?:[;\n]\s*)+/, '');
    const loop = loopStart.exec(command);
    if (loop !== null) {
      isLooped = true;
      command = command.slice(loop[0].length);
    }
    if (command === before) break;
  }
  if (isLooped) notes.push(sshCommand.loopLeftOut());
  return { ...found, command, environment, isLooped, notes: [...notes, ...found.notes] };
}

/** `while true; do`, `until` and `while !` with the command itself as their condition, `for ((;;)); do`. */
const loopStart =
  /^(?:while\s+(?:true|:|1|\[\[?\s*(?:1|true)\s*\]\]?|\(\(\s*1\s*\)\)|!\s*false|sleep\s+\S+)\s*[;\n]\s*do\s+|until\s+false\s*[;\n]\s*do\s+|for\s*\(\(\s*;\s*;\s*\)\)\s*[;\n]\s*do\s+|while\s+!\s*|until\s+)/;

/** A piece of what may follow a command in a loop: marks, the loop's own words, waits and words for a person, a comment. */
const loopPiece =
  /[\s;&|]+|(?:do|done)\b|:|(?:sleep|echo|printf|date|wait)\b(?:[^;\n&|`$#]|(?<=\S)#)*|(?<=^|[\s;&|])#[^\n]*/y;

/**
 * Whether what follows a command in a loop is nothing but the loop: waits, words for a person, its end. Taken piece by piece, so that the time it
 * takes grows with the length alone.
 */
export function isLoopEnd(rest: string): boolean {
  loopPiece.lastIndex = 0;
  while (loopPiece.lastIndex < rest.length) if (!loopPiece.test(rest)) return false;
  return true;
}

/** `NAME=value;` or `export NAME=value` on a line of its own. */
function takeAssignment(text: string, environment: Map<string, string>): string {
  const match = /^(?:export\s+)?([A-Za-z_]\w*)=("[^"$`\\\n]*"|'[^'\n]*'|[^\s;"'$`\\&|]*)[ \t]*(?:;|\r?\n|&&)/.exec(
    text,
  );
  if (match === null) return text;
  environment.set(match[1] ?? '', (match[2] ?? '').replace(/^(["'])(.*)\1$/s, '$2'));
  return text.slice(match[0].length);
}

type Found = Pick<PastedText, 'command' | 'runAs' | 'notes' | 'problem'>;

function readLine(text: string): Found {
  const start = text.replace(/^(?:\s*(?:#[^\n]*)?\n)*\s*/, '');
  const times =
    /^(?:@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|[\d*][\d*,/-]*(?:[ \t]+[\d*A-Za-z][\dA-Za-z*,/-]*){4})[ \t]+/i.exec(
      start,
    );
  if (times === null) return { command: text, runAs: null, notes: [], problem: null };
  let command = start.slice(times[0].length);
  // The system's crontab has a column for the user; a program has a path or is one of those that run others.
  const column =
    /^([a-z_][a-z0-9_-]*)[ \t]+(?=(?:[A-Za-z_]\w*=\S*[ \t]+)*(?:\S*\/)?(?:auto)?ssh[ \t]|\S*\/|(?:nohup|nice|env|timeout|flock|exec|sudo)[ \t])/.exec(
      command,
    );
  const isUser =
    column !== null &&
    !/^(?:auto)?ssh$|^(?:nohup|nice|env|timeout|flock|exec|sudo|setsid|ionice|sh|bash)$/.test(column[1] ?? '');
  if (isUser) command = command.slice(column[0].length);
  // A percent sign ends the command, one behind a backslash is itself (crontab(5)).
  command = (/^(?:\\[^\n]|[^%\\\n])*/.exec(command)?.[0] ?? '').replaceAll('\\%', '%');
  return {
    command,
    runAs: isUser ? (column[1] ?? null) : null,
    notes: [sshCommand.timesLeftOut()],
    problem: null,
  };
}

/** systemd.service(5): ExecStart= with its prefixes, its specifiers and variables; Environment= and User=. */
function readUnit(text: string, environment: Map<string, string>): Found {
  const lines = text.replaceAll(/\\\r?\n[ \t]*/g, ' ').split(/\r?\n/);
  const valuesOf = (key: string): string[] =>
    lines.flatMap((line) => new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(.*)$`).exec(line)?.[1]?.trim() ?? []);
  for (const value of valuesOf('Environment')) {
    for (const word of splitShellWords(value, 'posix').words) {
      const at = word.indexOf('=');
      if (at > 0) environment.set(word.slice(0, at), word.slice(at + 1));
    }
  }
  const given = valuesOf('ExecStart').find((value) => value !== '') ?? '';
  let unknown: string | null = null;
  const command = given
    .replace(/^[-@:+!|]+/, '')
    .replaceAll(/%(.)|\$(\$|\{\w+\}|\w+)/g, (whole, letter: string | undefined, name: string | undefined) => {
      if (letter === '%') return '%';
      if (letter === 'h') return '~';
      if (name === '$') return '\\$';
      const value = name === undefined ? undefined : environment.get(name.replace(/^\{(.*)\}$/, '$1'));
      if (value === undefined || !/^[\w@%+:,./ -]*$/.test(value)) unknown ??= whole;
      return value ?? '';
    });
  const rest = lines.filter((line) => !/^\s*(?:$|[#;[]|(?:ExecStart|Environment|User)\s*=)/.test(line));
  return {
    command,
    runAs: valuesOf('User').at(-1) ?? null,
    notes: rest.length === 0 ? [] : [sshCommand.unitLeftOut()],
    problem: unknown === null ? null : sshCommand.valueOfSystemd({ what: unknown }),
  };
}

function visible(mark: string): string {
  return /[\p{Z}\p{C}]/u.test(mark)
    ? `U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    : mark;
}

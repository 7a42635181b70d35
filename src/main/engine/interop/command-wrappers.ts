import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import { splitShellWords } from './shell-words.ts';

/** A command without the programs that only run it. */
export interface UnwrappedCommand {
  readonly words: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** As whom sudo and its like run it, null if as the person who types it. */
  readonly runAs: string | null;
  readonly notes: readonly Said[];
}

interface Wrapper {
  /** Letters of options that take a value, in the same word or the next. */
  readonly values?: string;
  /** Letters of options whose value, if there is one, is the rest of the word. */
  readonly attached?: string;
  /** Long options that take a value in the next word. */
  readonly long?: readonly string[];
  /** Words of its own before the command. */
  readonly operands?: number;
  /** It runs the command as another user: the letters and the long option that name whom, and who it is by itself. */
  readonly user?: { readonly letter: string; readonly long: string; readonly usual: string };
  /** Options whose value is a command line. */
  readonly script?: readonly string[];
  /** Why it is left out, where that should be known. */
  readonly note?: Said;
}

const otherUser = sshCommand.runsAsYou();
const throughProxy = sshCommand.setAProxy();

const wrappers: Readonly<Record<string, Wrapper>> = {
  nohup: {},
  exec: { values: 'a' },
  command: {},
  builtin: {},
  time: { values: 'fo', long: ['--format', '--output'] },
  setsid: {},
  start: {},
  call: {},
  '&': {},
  caffeinate: { values: 'tw' },
  env: { values: 'uC', long: ['--unset', '--chdir'], script: ['-S', '--split-string'] },
  nice: { values: 'n', long: ['--adjustment'] },
  ionice: { values: 'cnpPu', long: ['--class', '--classdata'] },
  chrt: { values: 'TPD', operands: 1 },
  taskset: { operands: 1 },
  stdbuf: { values: 'ioe', long: ['--input', '--output', '--error'] },
  unbuffer: {},
  timeout: {
    values: 'sk',
    long: ['--signal', '--kill-after'],
    operands: 1,
    note: sshCommand.staysUp(),
  },
  flock: {
    values: 'wEc',
    long: ['--timeout', '--wait', '--conflict-exit-code'],
    operands: 1,
    script: ['-c', '--command'],
  },
  'systemd-run': {
    values: 'uptMHEG',
    long: ['--unit', '--property', '--uid', '--gid', '--setenv', '--description', '--slice'],
  },
  screen: { values: 'ceShHpsStT' },
  sudo: {
    values: 'ugChprtTUDRa',
    long: [
      '--user',
      '--group',
      '--host',
      '--prompt',
      '--role',
      '--type',
      '--chdir',
      '--chroot',
      '--close-from',
      '--other-user',
    ],
    user: { letter: 'u', long: '--user', usual: 'root' },
    note: otherUser,
  },
  doas: { values: 'uC', user: { letter: 'u', long: '--user', usual: 'root' }, note: otherUser },
  runuser: {
    values: 'ugGs',
    long: ['--user', '--group', '--shell'],
    user: { letter: 'u', long: '--user', usual: 'root' },
    script: ['-c', '--command'],
    note: otherUser,
  },
  su: {
    values: 'gGs',
    long: ['--group', '--shell'],
    user: { letter: '', long: '', usual: 'root' },
    script: ['-c', '--command'],
    note: otherUser,
  },
  sh: { script: ['-c'] },
  bash: { script: ['-c'] },
  dash: { script: ['-c'] },
  zsh: { script: ['-c'] },
  ksh: { script: ['-c'] },
  sshpass: { values: 'pfdP', attached: 'e' },
  torsocks: { values: 'uPap', note: throughProxy },
  torify: { note: throughProxy },
  tsocks: { note: throughProxy },
  proxychains: { values: 'f', note: throughProxy },
  proxychains4: { values: 'f', note: throughProxy },
};

/** How deep command lines within command lines are read. */
const mostNested = 4;

/** Takes assignments and wrappers off the front of a command; or why nothing of it can be read. */
export function unwrapCommand(given: readonly string[], depth = 0): UnwrappedCommand | { readonly problem: Said } {
  const environment = new Map<string, string>();
  const notes: Said[] = [];
  let runAs: string | null = null;
  let words = given;
  // A prompt that was copied along.
  if (/^([$#%]|PS)$/.test(words[0] ?? '')) words = words.slice(1);
  for (;;) {
    const [first = '', ...rest] = words;
    const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(first);
    if (assignment !== null) {
      environment.set(assignment[1] ?? '', assignment[2] ?? '');
      words = rest;
      continue;
    }
    const name = programName(first);
    const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
    if (wrapper === undefined) return { words, environment, runAs, notes };
    if (name === 'sshpass') notes.push(sshCommand.passwordLeftOut());
    else if (wrapper.note !== undefined) notes.push(sshOption.leftOut({ what: name, why: wrapper.note }));
    const read = readWrapper(name, wrapper, rest);
    if (wrapper.user !== undefined) runAs = read.user ?? wrapper.user.usual;
    if (read.script === null) {
      words = read.words;
      continue;
    }
    if (depth >= mostNested) return { problem: sshCommand.tooNested() };
    const split = splitShellWords(read.script, 'posix');
    if (split.problem !== null) return { problem: split.problem };
    const inner = unwrapCommand(split.words, depth + 1);
    if ('problem' in inner) return inner;
    return {
      words: inner.words,
      environment: new Map([...environment, ...inner.environment]),
      runAs: inner.runAs ?? runAs,
      notes: [...notes, ...inner.notes],
    };
  }
}

/** Options and words of a wrapper, up to the command that it runs. */
function readWrapper(
  name: string,
  wrapper: Wrapper,
  words: readonly string[],
): { readonly words: readonly string[]; readonly user: string | null; readonly script: string | null } {
  let user: string | null = null;
  let script: string | null = null;
  let operands = wrapper.operands ?? 0;
  const scripts = wrapper.script ?? [];
  const scriptLetters = scripts.filter((one) => one.length === 2).map((one) => one.charAt(1));
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    // cmd.exe: a title in quotes and options with a slash.
    if (name === 'start' && (word === '' || /^\/\w+$/.test(word))) continue;
    if (word === '--') {
      at += 1;
      break;
    }
    if (word.startsWith('--')) {
      const [option = '', ...value] = word.split('=');
      const isScript = scripts.includes(option);
      const takesNext = value.length === 0 && (isScript || (wrapper.long?.includes(option) ?? false));
      const text = takesNext ? (words[(at += 1)] ?? '') : value.join('=');
      if (isScript) script = text;
      else if (option === wrapper.user?.long) user = text;
    } else if (word.startsWith('-') && word.length > 1) {
      for (let index = 1; index < word.length; index += 1) {
        const letter = word.charAt(index);
        if (wrapper.attached?.includes(letter)) break;
        const isScript = scriptLetters.includes(letter);
        if (!isScript && !(wrapper.values ?? '').includes(letter)) continue;
        const behind = word.slice(index + 1);
        // sh -c takes its text from the next word, whatever letters follow.
        const text = behind === '' || (isScript && wrapper.values === undefined) ? (words[(at += 1)] ?? '') : behind;
        if (isScript) script = text;
        else if (letter === wrapper.user?.letter) user = text;
        break;
      }
    } else if (name === 'su') {
      if (word !== '-') user = word;
    } else if (operands > 0) operands -= 1;
    else break;
  }
  for (; operands > 0 && at < words.length; operands -= 1) at += 1;
  return { words: words.slice(at), user: user !== null && /^[^\s#-]\S*$/.test(user) ? user : null, script };
}

/** The name of a program without folder and `.exe`. */
export function programName(word: string): string {
  return (word.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, '').toLowerCase();
}

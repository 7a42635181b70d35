import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import { programName, unwrapCommand, type UnwrappedCommand } from './command-wrappers.ts';

/** One option of the command, in the order given. `value` is empty for those without one. */
export interface SshOption {
  readonly letter: string;
  readonly value: string;
}

export interface SshInvocation {
  readonly program: 'ssh' | 'autossh';
  /** `NAME=value` in front of the program. */
  readonly environment: ReadonlyMap<string, string>;
  /** As whom sudo and its like run it; null: as the person who types it. */
  readonly runAs: string | null;
  readonly options: readonly SshOption[];
  /** autossh's own. */
  readonly monitor: string | null;
  readonly background: boolean;
  readonly destination: string | null;
  readonly remoteCommand: readonly string[];
  readonly notes: readonly Said[];
}

/** getopt's text of ssh(1), OpenSSH 10: a letter with a colon takes a value. */
const sshLetters = '1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYyh';

/** Words of a command line as an invocation of ssh or autossh; or why they are none. */
export function readInvocation(words: readonly string[]): SshInvocation | { readonly problem: Said } {
  const unwrapped = unwrapCommand(words);
  if ('problem' in unwrapped) return unwrapped;
  const [first, ...args] = unwrapped.words;
  if (first === undefined)
    return { problem: sshCommand.nothing({ like: 'ssh -L 5432:db.internal:5432 me@bastion.example.org' }) };
  const program = programName(first);
  if (program !== 'ssh' && program !== 'autossh')
    return { problem: sshCommand.otherProgram({ first: first.slice(0, 60) }) };
  return readArguments(program, args, unwrapped);
}

function readArguments(
  program: 'ssh' | 'autossh',
  args: readonly string[],
  { environment, runAs, notes: before }: UnwrappedCommand,
): SshInvocation | { readonly problem: Said } {
  const notes = [...before];
  const letters = program === 'autossh' ? `${sshLetters.replace('M', '')}M:` : sshLetters;
  const options: SshOption[] = [];
  let destination: string | null = null;
  let monitor: string | null = null;
  let background = false;
  let ended = false;
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--' && !ended) {
      ended = true;
    } else if (!ended && word.startsWith('-') && word.length > 1) {
      for (let index = 1; index < word.length; index += 1) {
        const letter = word[index] ?? '';
        const place = letters.indexOf(letter);
        if (letter === ':' || place < 0) {
          notes.push(sshOption.leftOut({ what: `-${letter}`, why: sshCommand.noSuchOption() }));
          // What follows in the word may be its value; nothing good comes of reading on.
          break;
        }
        if (letters[place + 1] !== ':') {
          if (letter === 'f') background = true;
          options.push({ letter, value: '' });
          continue;
        }
        const rest = word.slice(index + 1);
        const value = rest === '' ? args[(at += 1)] : rest;
        if (value === undefined) return { problem: sshCommand.noValue({ option: `-${letter}` }) };
        if (program === 'autossh' && letter === 'M') monitor = value;
        else options.push({ letter, value });
        break;
      }
    } else if (destination === null) {
      destination = word;
    } else break;
  }
  return {
    program,
    environment,
    runAs,
    options,
    monitor,
    background,
    destination,
    remoteCommand: args.slice(at),
    notes,
  };
}

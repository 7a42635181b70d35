/** One option of the command, in the order given. `value` is empty for those without one. */
export interface SshOption {
  readonly letter: string;
  readonly value: string;
}

export interface SshInvocation {
  readonly program: 'ssh' | 'autossh';
  /** `NAME=value` in front of the program. */
  readonly environment: ReadonlyMap<string, string>;
  readonly options: readonly SshOption[];
  /** autossh's own. */
  readonly monitor: string | null;
  readonly background: boolean;
  readonly destination: string | null;
  readonly remoteCommand: readonly string[];
  readonly notes: readonly string[];
}

/** getopt's text of ssh(1), OpenSSH 10: a letter with a colon takes a value. */
const sshLetters = '1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYyh';

/** Programs that only run the next one. */
const wrappers = new Set([
  'nohup',
  'exec',
  'command',
  'time',
  'setsid',
  'start',
  'caffeinate',
  'env',
  'sudo',
  'doas',
  'sshpass',
  'call',
  '&',
]);

/** Words of a command line as an invocation of ssh or autossh; a text says why they are none. */
export function readInvocation(words: readonly string[]): SshInvocation | string {
  const notes: string[] = [];
  const environment = new Map<string, string>();
  let at = 0;
  // A prompt that was copied along.
  if (/^([$#%]|PS)$/.test(words[at] ?? '')) at += 1;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word);
    if (assignment !== null) {
      environment.set(assignment[1] ?? '', assignment[2] ?? '');
      continue;
    }
    const name = programName(word);
    if (!wrappers.has(name)) break;
    if (name === 'sudo' || name === 'doas')
      notes.push(`${name} is left out: Holdfast logs in as the person who runs it, with that person's keys.`);
    if (name === 'sshpass') {
      notes.push(
        'sshpass is left out, with its password: Holdfast asks for the password and can keep it in the keychain.',
      );
      at = afterSshpass(words, at);
    } else at = afterFlags(words, at);
  }
  const program = programName(words[at] ?? '');
  if (words.length === 0 || at >= words.length)
    return 'There is no command here. Paste one like: ssh -L 5432:db.internal:5432 me@bastion.example.org';
  if (program !== 'ssh' && program !== 'autossh')
    return `This is no ssh or autossh command: it begins with ${JSON.stringify((words[at] ?? '').slice(0, 60))}.`;
  return readArguments(program, words.slice(at + 1), environment, notes);
}

function programName(word: string): string {
  return (word.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, '').toLowerCase();
}

function afterFlags(words: readonly string[], at: number): number {
  let last = at;
  while (words[last + 1]?.startsWith('-') === true) last += 1;
  return last;
}

function afterSshpass(words: readonly string[], at: number): number {
  let last = at;
  while (words[last + 1]?.startsWith('-') === true) last += /^-[pfdP]$/.test(words[last + 1] ?? '') ? 2 : 1;
  return last;
}

function readArguments(
  program: 'ssh' | 'autossh',
  args: readonly string[],
  environment: ReadonlyMap<string, string>,
  notes: string[],
): SshInvocation | string {
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
          notes.push(`-${letter} is left out: ssh has no such option.`);
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
        if (value === undefined) return `-${letter} stands without its value.`;
        if (program === 'autossh' && letter === 'M') monitor = value;
        else options.push({ letter, value });
        break;
      }
    } else if (destination === null) {
      destination = word;
    } else break;
  }
  return { program, environment, options, monitor, background, destination, remoteCommand: args.slice(at), notes };
}

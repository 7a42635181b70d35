import { splitShellWords } from './shell-words.ts';
import { parseDestination, type SshDestination } from './ssh-address.ts';
import { readInvocation } from './ssh-arguments.ts';
import { fillJump, type TokenValues } from './ssh-tokens.ts';

/** Hops of a way in, outermost first; a text says which of them is none, in the words of the caller's sentence. */
export type JumpList =
  | { readonly hops: readonly SshDestination[] }
  /** ssh fills in no such token there. */
  | { readonly token: string }
  /** No jump host. */
  | { readonly unread: string };

/** The hops of ProxyJump and -J. `none`: there is none. */
export function readJumps(text: string, tokens: TokenValues): JumpList {
  if (text.toLowerCase() === 'none') return { hops: [] };
  const filled = fillJump(text, tokens);
  if ('token' in filled) return filled;
  const hops: SshDestination[] = [];
  for (const part of filled.text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const hop = parseDestination(part, true);
    if (hop === null) return { unread: part };
    hops.push(hop);
  }
  return { hops };
}

/** The jump host that a ProxyCommand of the form `ssh -W %h:%p [user@]host` stands for; null if the command is more than that. */
export function jumpFromProxyCommand(command: string, tokens: TokenValues): JumpList | null {
  const { words, leftOut, problem } = splitShellWords(command, 'posix');
  if (problem !== null || leftOut.length > 0) return null;
  const invocation = readInvocation(words);
  if ('problem' in invocation || invocation.program !== 'ssh' || invocation.environment.size > 0) return null;
  if (invocation.notes.length > 0 || invocation.remoteCommand.length > 0 || invocation.destination === null)
    return null;
  const isForward = (value: string): boolean => /^(\[%h\]|%h):%p$/.test(value);
  if (!invocation.options.some(({ letter, value }) => letter === 'W' && isForward(value))) return null;
  const destination = fillJump(invocation.destination, tokens);
  if ('token' in destination) return destination;
  const found = parseDestination(destination.text, false);
  if (found === null) return null;
  let { user, port } = found;
  for (const { letter, value } of invocation.options) {
    if (letter === 'W' && isForward(value)) continue;
    if ('qTNvax'.includes(letter)) continue;
    if (letter !== 'p' && letter !== 'l') return null;
    const filled = fillJump(value, tokens);
    if ('token' in filled) return filled;
    if (letter === 'l') user ??= filled.text;
    else if (/^\d{1,5}$/.test(filled.text)) port ??= Number(filled.text);
    else return null;
  }
  return { hops: [{ user, host: found.host, port }] };
}

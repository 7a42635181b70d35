import { splitShellWords } from './shell-words.ts';
import { parseDestination } from './ssh-address.ts';
import { readInvocation } from './ssh-arguments.ts';

/** The jump host that `ssh -W %h:%p [user@]host` stands for, as ProxyJump writes it; null if the command is more than that. */
export function jumpFromProxyCommand(command: string): string | null {
  const { words, leftOut, problem } = splitShellWords(command, 'posix');
  if (problem !== null || leftOut.length > 0) return null;
  const invocation = readInvocation(words);
  if (typeof invocation === 'string' || invocation.program !== 'ssh' || invocation.environment.size > 0) return null;
  if (invocation.notes.length > 0 || invocation.remoteCommand.length > 0 || invocation.destination === null)
    return null;
  const found = parseDestination(invocation.destination, false);
  if (found === null) return null;
  let { user, port } = found;
  let forwards = false;
  for (const { letter, value } of invocation.options) {
    if (letter === 'W' && /^(\[%h\]|%h):%p$/.test(value)) forwards = true;
    else if (letter === 'p' && /^\d{1,5}$/.test(value)) port ??= Number(value);
    else if (letter === 'l') user ??= value;
    else if (!'qTNvax'.includes(letter)) return null;
  }
  if (!forwards) return null;
  const host = found.host.includes(':') ? `[${found.host}]` : found.host;
  return `${user === null ? '' : `${user}@`}${host}${port === null ? '' : `:${port}`}`;
}

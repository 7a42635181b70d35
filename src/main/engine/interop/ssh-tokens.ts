import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What the TOKENS of ssh_config(5) stand for. */
export interface TokenValues {
  /** As named on the command line. */
  readonly alias: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | null;
  readonly hasJump: boolean;
  readonly home: string;
  readonly localUser: string;
}

/** One token by its letter, null if it stands for nothing that can be known. */
export function tokenValue(letter: string, values: TokenValues): string | null {
  const local = hostname();
  switch (letter) {
    case '%':
      return '%';
    case 'd':
      return values.home;
    case 'h':
      return values.address;
    case 'i':
      return process.getuid === undefined ? null : String(process.getuid());
    case 'j':
      // Which part of the chain it shows differs between versions of ssh.
      return values.hasJump ? null : '';
    case 'k':
      return values.hostKeyAlias ?? values.alias;
    case 'L':
      return local.split('.')[0] ?? local;
    case 'l':
      return local;
    case 'n':
      return values.alias;
    case 'p':
      return String(values.port);
    case 'r':
      return values.user;
    case 'u':
      return values.localUser;
    case 'C':
      // Newer versions hash %j as well; without a jump both agree.
      if (values.hasJump) return null;
      return createHash('sha1').update(`${local}${values.address}${values.port}${values.user}`).digest('hex');
    default:
      return null;
  }
}

/** A path of ssh_config with `%` tokens, `${VARIABLE}` and `~` filled in; null if one of them stands for nothing. */
export function expandSshPath(
  text: string,
  values: TokenValues,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  let known = true;
  const take = (value: string | null | undefined): string => {
    known &&= value !== null && value !== undefined;
    return value ?? '';
  };
  const home = text === '~' || /^~[\\/]/.test(text) ? join(values.home, text.slice(1)) : text;
  if (home.startsWith('~')) return null;
  // In one pass, so that what is filled in is not read again.
  const path = home.replaceAll(
    /%(.?)|\$\{([^}]*)\}/gs,
    (_whole, letter: string | undefined, name: string | undefined) =>
      name === undefined ? take(tokenValue(letter ?? '', values)) : take(name === 'HOME' ? values.home : env[name]),
  );
  return known ? path : null;
}

/** A text with its tokens filled in, or the first token that is not filled in there. */
export type FilledText = { readonly text: string } | { readonly token: string };

/** Fills in those `%` tokens of `letters`, in one pass, so that what is filled in is not read again. A value that is not `safe` there is none. */
function fillTokens(text: string, values: TokenValues, letters: string, safe: RegExp): FilledText {
  let unfilled: string | null = null;
  const filled = text.replaceAll(/%(.?)/gsu, (token, letter: string) => {
    const value = letter !== '' && letters.includes(letter) ? tokenValue(letter, values) : null;
    if (value === null || !safe.test(value)) unfilled ??= token;
    return value ?? '';
  });
  return unfilled === null ? { text: filled } : { token: unfilled };
}

/** ProxyJump and -J: they take what ProxyCommand takes (ssh makes one of them), with the values of the host at the end of the way. */
export function fillJump(text: string, values: TokenValues): FilledText {
  return fillTokens(text, values, 'hknpr%', /^[^\s,;/'"`$&|<>(){}\\]+$/u);
}

/** HostName: `%h` is the name that was typed. */
export function fillHostName(text: string, alias: string): FilledText {
  const values = {
    alias,
    address: alias,
    port: 22,
    user: '',
    hostKeyAlias: null,
    hasJump: false,
    home: '',
    localUser: '',
  };
  return fillTokens(text, values, 'h%', /./s);
}

/**
 * ProxyCommand: what Holdfast fills in when it connects (`%h`, `%p`, `%r`, `%%`) stays, the rest is filled in: `%n` is the name that was typed,
 * whatever the host is called here. The command goes to a shell: only what means nothing there is put in.
 */
export function fillCommand(text: string, values: TokenValues): FilledText {
  const kept = text.split(/(%[hpr%])/);
  const parts = kept.map((part, index) =>
    index % 2 === 1 ? { text: part } : fillTokens(part, values, 'kn', /^[A-Za-z0-9._/@:-]*$/),
  );
  const unfilled = parts.find((part) => 'token' in part);
  return unfilled ?? { text: parts.map((part) => ('text' in part ? part.text : '')).join('') };
}

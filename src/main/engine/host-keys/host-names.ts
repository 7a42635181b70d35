import { Buffer } from 'node:buffer';
import { createHmac, randomBytes } from 'node:crypto';
import type { HostConfig } from '../../../shared/model/config.ts';
import { matchWildcard } from '../../../shared/model/wildcard.ts';
import { decodeBase64 } from './public-key.ts';

/**
 * Names under which a host is searched in known_hosts. They are byte strings: one character a byte (latin1), as the file is read, so that
 * names beyond ASCII compare like in OpenSSH.
 */
export interface LookupNames {
  readonly lookup: string;
  /** The name without the port, tried when nothing is known under `lookup`; null for port 22 and for an alias. */
  readonly withoutPort: string | null;
}

/** The names of a host (`get_hostfile_hostname_ipaddr`): lower case; an alias never carries a port. */
export function lookupNamesOf(host: Pick<HostConfig, 'address' | 'port' | 'hostKeyAlias'>): LookupNames {
  if (host.hostKeyAlias !== null) return { lookup: toByteName(host.hostKeyAlias), withoutPort: null };
  const address = toByteName(host.address);
  return host.port === 22
    ? { lookup: address, withoutPort: null }
    : { lookup: `[${address}]:${host.port}`, withoutPort: address };
}

/** A name as people type it, as a byte string in lower case. */
export function toByteName(name: string): string {
  return lowerCase(Buffer.from(name, 'utf8').toString('latin1'));
}

/** A byte string as text for people. */
export function fromByteName(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** ASCII only, as `tolower` in the C locale: bytes of UTF-8 stay as they are. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const hashMagic = '|1|';
const saltLength = 20;

/** True if the name field of a line is a hash. One name a line: the whole field is taken as the hash. */
export function isHashed(names: string): boolean {
  return names.startsWith('|');
}

/** `|1|salt|HMAC-SHA1(salt, name)`, both in base64 (HashKnownHosts). */
export function hashName(name: string, salt: Buffer = randomBytes(saltLength)): string {
  const hash = createHmac('sha1', salt).update(Buffer.from(name, 'latin1')).digest('base64');
  return `${hashMagic}${salt.toString('base64')}|${hash}`;
}

/** Whether a line's name field matches; `bad`: a hash that cannot be read, which makes the line invalid. */
export function matchNames(names: string, name: string): 'yes' | 'no' | 'bad' {
  if (!isHashed(names)) return matchPatternList(name, names) ? 'yes' : 'no';
  if (!names.startsWith(hashMagic)) return 'bad';
  const end = names.indexOf('|', hashMagic.length);
  const encoded = names.slice(hashMagic.length, end);
  const salt = end < 0 || encoded.length === 0 || encoded.length > 1024 ? null : decodeBase64(encoded);
  if (salt?.length !== saltLength) return 'bad';
  return hashName(name, salt) === names ? 'yes' : 'no';
}

/** OpenSSH's buffer for one pattern has 1024 bytes; a longer pattern makes the whole list fail. */
const longestPattern = 1022;

/** `match_hostname`: any negated match kills the list, in either order; a list of negations alone never matches. */
function matchPatternList(name: string, list: string): boolean {
  let found = false;
  let at = 0;
  while (at < list.length) {
    const negated = list.charAt(at) === '!';
    const start = negated ? at + 1 : at;
    const comma = list.indexOf(',', start);
    const end = comma < 0 ? list.length : comma;
    if (end - start > longestPattern) return false;
    if (matchWildcard(name, lowerCase(list.slice(start, end)))) {
      if (negated) return false;
      found = true;
    }
    at = end + 1;
  }
  return found;
}

/** True if the name can stand in known_hosts in clear without meaning something else (a list, a pattern, a marker, a comment). */
export function isPlainName(name: string): boolean {
  return name.length > 0 && name.length <= longestPattern && /^[^!|#@\s,*?\0-\x20][^\s,*?\0-\x20]*$/.test(name);
}

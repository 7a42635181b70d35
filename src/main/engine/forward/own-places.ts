import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { LocalPlace } from './port-registry.ts';

/**
 * Whether a target of this machine is one of Holdfast's own places (control socket, panel), however it is spelled. Servers reach this machine through
 * remote forwards; what they may not reach is Holdfast itself.
 */

/** True if `address` (an IP address) and `port` lead to one of `places`, or could: every address of this machine counts. */
export function isOwnAddress(address: string, port: number, places: readonly LocalPlace[]): boolean {
  return places.some((place) => place.kind === 'tcp' && place.port === port) && isOfThisMachine(address);
}

/** True if the socket at `path` is one of `places`, by whatever links, hard links or mounts it is reached. */
export async function isOwnPath(path: string, places: readonly LocalPlace[]): Promise<boolean> {
  const paths = places.flatMap((place) => (place.kind === 'unix' ? [place.path] : []));
  if (paths.length === 0) return false;
  const pipe = pipeName(path);
  if (pipe !== null) return paths.some((own) => pipeName(own) === pipe);
  const found = await identityOf(path);
  if (found === null) return false;
  const own = await Promise.all(paths.map(identityOf));
  return own.includes(found);
}

/** Loopback, unspecified (which leads to loopback) and this machine's own addresses, also where IPv6 carries an IPv4 address. */
export function isOfThisMachine(address: string): boolean {
  const bare = address.split('%')[0] ?? '';
  if (isIP(bare) === 0) return false;
  const plain = plainAddress(bare);
  if (isIPv4(plain) ? /^(?:127|0)\./.test(plain) : plain === '::1' || plain === '::') return true;
  for (const list of Object.values(networkInterfaces()))
    for (const each of list ?? []) if (plainAddress(each.address.split('%')[0] ?? '') === plain) return true;
  return false;
}

/** One spelling for each address: IPv4 where it is mapped, translated or compatible (RFC 4291 section 2.5.5, RFC 6052), else IPv6 in its shortest form. */
function plainAddress(address: string): string {
  if (isIPv4(address)) return address;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const carried = /^(?:::(?:ffff:(?:0:)?)?|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (carried === null) return short;
  const number = Number.parseInt(carried[1] ?? '', 16) * 0x1_0000 + Number.parseInt(carried[2] ?? '', 16);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** The name behind `\\.\pipe\`, `\\?\pipe\` or `\\server\pipe\`, as Windows compares it; null for other paths. */
function pipeName(path: string): string | null {
  return /^\\\\[^\\]+\\pipe\\(.+)$/i.exec(path.replaceAll('/', '\\'))?.[1]?.toLowerCase() ?? null;
}

async function identityOf(path: string): Promise<string | null> {
  const found: BigIntStats | null = await stat(path, { bigint: true }).catch(() => null);
  return found === null ? null : `${found.dev}:${found.ino}`;
}

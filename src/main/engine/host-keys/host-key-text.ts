import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { type FailureCode, HoldfastError } from '../../../shared/model/failure.ts';
import { fromByteName, type LookupNames } from './host-names.ts';
import { fingerprintOf, type PublicKey } from './public-key.ts';
import type { FoundLine } from './verdict.ts';

/** What people read about host keys: the question at first contact and the refusals. Every server-made text is only a fingerprint here. */

/** `10.0.0.1:22`, `[::1]:2222`: what is dialled. */
export function addressOf(host: HostConfig): string {
  const address = host.address.includes(':') ? `[${host.address}]` : host.address;
  return cleanLine(`${address}:${host.port}`, 300);
}

/** With its name, for in a jump chain an address alone does not tell which hop is meant. */
function named(host: HostConfig): string {
  return `${host.name} (${addressOf(host)})`;
}

function describe(key: PublicKey): string {
  return `${key.family} key ${fingerprintOf(key.blob)}`;
}

function placeOf(found: FoundLine): string {
  return `${found.path} line ${found.line.number}`;
}

function failure(
  host: HostConfig,
  code: FailureCode,
  message: string,
  next: string,
  where: string = host.name,
): HoldfastError {
  return new HoldfastError({ code, where, message, next, phase: 'host-key', hop: host.name });
}

/** What is to be said beside the key itself. */
export interface QuestionWarnings {
  readonly otherWithoutPort: FoundLine | null;
  readonly revokedElsewhere: boolean;
  /** Why "yes" would be refused; null if it can be kept. */
  readonly whyNotKept: string | null;
}

/** The question at first contact: two lines that shells say in their own words, then a line for each warning. */
export function questionText(host: HostConfig, key: PublicKey, warnings: QuestionWarnings): string {
  const { otherWithoutPort, revokedElsewhere, whyNotKept } = warnings;
  const lines = [
    `${cleanLine(host.user, 100)}@${addressOf(host)} is not known yet. It shows the ${describe(key)}.`,
    'Compare the fingerprint with the one from the owner of the server before you trust it.',
  ];
  if (otherWithoutPort) {
    lines.push(
      `For the same name without the port another key is known: ${describe(otherWithoutPort.key)} (${placeOf(otherWithoutPort)}).`,
    );
  }
  if (revokedElsewhere) lines.push('Beware: this key is marked as revoked for another name.');
  if (whyNotKept !== null) {
    lines.push(`A yes cannot be kept, and would be refused: ${whyNotKept} To trust it once works.`);
  }
  return lines.join('\n');
}

/** Policy `strict` and no key known. */
export function unknownKey(host: HostConfig, key: PublicKey, file: string | null): HoldfastError {
  const place = file === null ? 'known_hosts' : file;
  return failure(
    host,
    'host-key-unknown',
    `${named(host)} shows the ${describe(key)}, which is not known, and only known keys are allowed for ${host.name}.`,
    `Check the fingerprint with the owner of the server. Then add the key to ${place}, or set host-key-policy = "ask" and connect again.`,
  );
}

/** Another key is known: refused, never asked. */
export function changedKey(
  host: HostConfig,
  names: LookupNames,
  key: PublicKey,
  known: FoundLine,
  ownFile: string | undefined,
): HoldfastError {
  const name = fromByteName(names.lookup);
  const removable = known.path === ownFile && (known.line.isHashed || !/[*?!]/.test(known.line.names));
  const act = removable
    ? `remove the old key with: holdfast known-hosts remove '${name}'`
    : `remove ${placeOf(known)} by hand`;
  return failure(
    host,
    'host-key-changed',
    `${named(host)} shows another key than the one that is trusted. Trusted: ${describe(known.key)} (${placeOf(known)}). Shown now: ${describe(key)}. Either the server was reinstalled, or another machine answers in its place. Nothing secret was sent.`,
    `Ask the owner of the server for its fingerprint. Only if it is the one shown now, ${act}, and connect again.`,
    placeOf(known),
  );
}

/** Another key than the one that was trusted "once" for this connection. */
export function changedOnceKey(host: HostConfig, key: PublicKey, before: PublicKey): HoldfastError {
  return failure(
    host,
    'host-key-changed',
    `${named(host)} shows another key than the one that was trusted for this connection. Trusted once: ${describe(before)}. Shown now: ${describe(key)}. Nothing secret was sent.`,
    'Ask the owner of the server for its fingerprint. Starting the tunnel again asks about the key anew.',
  );
}

export function revokedKey(host: HostConfig, key: PublicKey, found: FoundLine): HoldfastError {
  return failure(
    host,
    'host-key-revoked',
    `${named(host)} shows the ${describe(key)}, which is revoked: ${describe(found.key)} in ${placeOf(found)}. Somebody may use a stolen key. Nothing secret was sent.`,
    'Ask the owner of the server for its new key. A revoked key is never accepted; holdfast known-hosts shows the line.',
    placeOf(found),
  );
}

export function refusedKey(host: HostConfig, key: PublicKey): HoldfastError {
  return failure(
    host,
    'host-key-refused',
    `The ${describe(key)} of ${named(host)} was not trusted.`,
    'Check the fingerprint with the owner of the server, then start the tunnel again.',
  );
}

export function notPinned(host: HostConfig, key: PublicKey): HoldfastError {
  return failure(
    host,
    'host-key-pin',
    `${named(host)} shows the ${describe(key)}, which is not in host-key-pins (${host.hostKeyPins.map((pin) => cleanLine(pin, 100)).join(', ')}). Nothing secret was sent.`,
    'Ask the owner of the server for its fingerprint. Only if it is the one shown now, put it into host-key-pins.',
  );
}

export function certificateOnly(host: HostConfig, key: PublicKey, found: FoundLine): HoldfastError {
  return failure(
    host,
    'host-key-certificate',
    `${named(host)} is to be checked by a certificate authority (${placeOf(found)}), and Holdfast does not know host certificates. The server shows the plain ${describe(key)}, which is not known.`,
    `Ask the owner of the server whether that is its key. If so, put the fingerprint into host-key-pins of ${host.name}, or the key, as ssh-keyscan prints it, into known_hosts.`,
    placeOf(found),
  );
}

/** A certificate, or something that is no key. */
export function unreadableKey(host: HostConfig, isCertificate: boolean): HoldfastError {
  return isCertificate
    ? failure(
        host,
        'host-key-certificate',
        `${named(host)} shows a host certificate, which Holdfast does not know how to check.`,
        'Ask the owner of the server to offer a plain Ed25519 or RSA host key too.',
      )
    : failure(
        host,
        'protocol',
        `${named(host)} shows a host key that cannot be read, or one that is too short to be safe.`,
        'Ask the owner of the server for a current Ed25519 or RSA host key.',
      );
}

/** The name cannot stand in known_hosts as it is. */
export function unwritableName(host: HostConfig, names: LookupNames): HoldfastError {
  return failure(
    host,
    'host-key-not-saved',
    `A key cannot be kept under the name ${cleanLine(fromByteName(names.lookup), 300)}: it would mean something else in known_hosts.`,
    'Set host-key-alias to a name of letters, digits, dots and dashes.',
  );
}

/** There is no file to keep keys in. */
export function noFile(host: HostConfig): HoldfastError {
  return failure(
    host,
    'host-key-not-saved',
    `No known_hosts file is configured for ${host.name}, so its key cannot be kept.`,
    'Name a file in known-hosts, or trust the key once only.',
  );
}

import type { Buffer } from 'node:buffer';
import type { KnownHostsFile } from './known-hosts-file.ts';
import { newLine, type WritableLine, withAppended, withoutName } from './known-hosts-lines.ts';
import { fingerprintOf, type KeyFamily, type PublicKey, readPublicKey } from './public-key.ts';

/** What the server said and proved. */
export interface HostKeyNotice {
  readonly proven: readonly Buffer[];
  /** Every blob of the notice, or null if it is not known; then nothing is removed. */
  readonly advertised: readonly Buffer[] | null;
}

/** What UpdateHostKeys would do to the first file. */
export type UpdatePlan =
  | { readonly kind: 'keep'; readonly why: string }
  | {
      readonly kind: 'change';
      readonly lines: readonly WritableLine[];
      readonly added: readonly string[];
      readonly removed: readonly string[];
    };

/** Families whose proofs can be checked here; others are neither added nor do they stop the update. */
const provable: readonly KeyFamily[] = ['ED25519', 'RSA', 'ECDSA'];

function keep(why: string): UpdatePlan {
  return { kind: 'keep', why };
}

/**
 * The rules of OpenSSH's `client_input_hostkeys` and `update_known_hosts`, as a pure function over the files as they are now: the server's keys are
 * added, keys that it no longer names are removed for this name only, everything else stays as it is. Stricter than OpenSSH: only `file` (the first) is
 * changed, a line of two names keeps the other one, and a list that would leave no key changes nothing.
 */
export function planUpdate(
  file: KnownHostsFile,
  others: readonly KnownHostsFile[],
  lookup: string,
  notice: HostKeyNotice,
  hash: boolean,
): UpdatePlan {
  const proven = plainKeys(notice.proven);
  const offered = notice.advertised === null ? proven : plainKeys(notice.advertised);
  if (offered.length === 0) return keep('the server names no key');
  if (hasTwins(offered)) return keep('the server names a key twice');
  if (proven.some((key) => !includes(offered, key))) return keep('a key was proved that the server did not name');

  const survey = surveyFiles([file, ...others], lookup, offered);
  if (typeof survey === 'string') return keep(survey);
  const added = offered.filter((key) => !includes(survey.known, key) && provable.includes(key.family));
  if (added.some((key) => !includes(proven, key))) return keep('the server could not prove that it has a new key');

  const old = notice.advertised === null ? [] : survey.known.filter((key) => !includes(offered, key));
  if (old.some((key) => includes(survey.elsewhere, key))) return keep('an old key is known under another name');
  const removedIds = new Set(old.map((key) => key.id));
  if (added.length === 0 && !survey.known.some((key) => !removedIds.has(key.id))) return keep('no key would be left');

  const { lines, removed } = removeKeys(file, lookup, removedIds);
  if (added.length === 0 && removed.length === 0) return keep('nothing changed');
  return {
    kind: 'change',
    lines: withAppended(
      lines,
      added.map((key) => newLine(lookup, key, hash)),
    ),
    added: added.map((key) => fingerprintOf(key.blob)),
    removed,
  };
}

/** Keys of `blobs` that are known types and no certificates; the others mean nothing here. */
function plainKeys(blobs: readonly Buffer[]): PublicKey[] {
  return blobs.flatMap((blob) => {
    const key = readPublicKey(blob);
    return key === null || key.certificate ? [] : [key];
  });
}

function includes(keys: readonly PublicKey[], key: PublicKey): boolean {
  return keys.some((other) => other.id === key.id);
}

function hasTwins(keys: readonly PublicKey[]): boolean {
  return new Set(keys.map((key) => key.id)).size < keys.length;
}

/** Keys known for the name, and all keys under other names; or why nothing may be changed. */
function surveyFiles(
  files: readonly KnownHostsFile[],
  lookup: string,
  offered: readonly PublicKey[],
): { known: PublicKey[]; elsewhere: PublicKey[] } | string {
  const known: PublicKey[] = [];
  const elsewhere: PublicKey[] = [];
  for (const line of files.flatMap((file) => file.lines)) {
    const match = line.kind === 'entry' ? line.match(lookup) : 'bad';
    const key = match === 'bad' ? null : line.publicKey;
    if (key === null) continue;
    if (match === 'no') {
      if (includes(offered, key)) return 'a key of the server is known under another name';
      elsewhere.push(key);
    } else if (line.marker !== 'none') {
      return 'the name has a line of a certificate authority or a revocation';
    } else if (isComplex(line.names)) {
      return 'the name is known by a pattern or a list of names';
    } else {
      known.push(key);
    }
  }
  return { known, elsewhere };
}

/** ssh never writes such lines: a person made them and keeps them. */
function isComplex(names: string): boolean {
  return /[*?!]/.test(names) || names.split(',').length > 2;
}

function removeKeys(
  file: KnownHostsFile,
  lookup: string,
  ids: ReadonlySet<string>,
): { lines: WritableLine[]; removed: string[] } {
  const lines: WritableLine[] = [];
  const removed: string[] = [];
  for (const line of file.lines) {
    const key = line.kind === 'entry' && line.match(lookup) === 'yes' ? line.publicKey : null;
    const rest = key !== null && ids.has(key.id) ? withoutName(line, lookup) : null;
    if (key !== null && rest !== null) removed.push(fingerprintOf(key.blob));
    if (rest !== 'drop') lines.push(rest ?? line);
  }
  return { lines, removed };
}

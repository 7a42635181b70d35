import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { systemClock } from '../lifecycle/clock.ts';
import { fromByteName, toByteName } from './host-names.ts';
import { eachLine, type KnownHostsFile, type KnownHostsLine, type KnownHostsMarker } from './known-hosts-file.ts';
import { type WritableLine, withoutName } from './known-hosts-lines.ts';
import { locked, readKnownHosts, type Rewrite, rewriteKnownHosts, type Wanted } from './known-hosts-store.ts';
import { fingerprintOf } from './public-key.ts';

/** One line of known_hosts for people; all texts are cleaned. */
export interface KnownHostEntry {
  readonly file: string;
  readonly line: number;
  readonly marker: KnownHostsMarker;
  /** The name field; `(hashed name)` if it is a hash whose name nobody told. */
  readonly names: string;
  readonly hashed: boolean;
  /** `ED25519`, `RSA`, …; null if the key is not valid. */
  readonly keyType: string | null;
  readonly bits: number | null;
  readonly fingerprint: string | null;
  readonly comment: string;
  /** Why the line means nothing; null for a valid one. */
  readonly problem: string | null;
}

function toEntry(file: string, line: KnownHostsLine): KnownHostEntry {
  const key = line.publicKey;
  const parsed = line.key;
  const badHash = line.kind === 'entry' && line.match('') === 'bad';
  return {
    file,
    line: line.number,
    marker: line.marker,
    names: line.isHashed ? '(hashed name)' : cleanLine(fromByteName(line.names)),
    hashed: line.isHashed,
    keyType: key?.family ?? null,
    bits: key?.bits ?? null,
    fingerprint: key ? fingerprintOf(key.blob) : null,
    comment: 'comment' in parsed ? cleanLine(fromByteName(parsed.comment)) : '',
    problem: 'invalid' in parsed ? parsed.invalid : badHash ? 'the hashed name cannot be read' : null,
  };
}

/**
 * Every line that is not blank or a comment, broken ones included, in the order of the files. A hashed name that is one of `names` (as ssh looks
 * it up) is told. Rejects with `config` if a file cannot be read.
 */
export async function listKnownHosts(
  files: readonly string[],
  names: readonly string[] = [],
): Promise<KnownHostEntry[]> {
  const wanted = names.map((name) => ({ name, bytes: toByteName(name) }));
  const found: KnownHostEntry[] = [];
  for (const file of await readAll(files, { names: ['', ...wanted.map(({ bytes }) => bytes)], keys: true })) {
    await eachLine(file.lines, (line) => {
      if (line.kind === 'blank' || line.kind === 'comment') return;
      const entry = toEntry(file.path, line);
      const known = line.isHashed ? wanted.find(({ bytes }) => line.match(bytes) === 'yes') : undefined;
      found.push(known === undefined ? entry : { ...entry, names: known.name });
    });
  }
  return found;
}

/** Lines that match `name` as ssh looks it up (`host`, or `[host]:port` for a port other than 22), like `ssh-keygen -F`. */
export async function findKnownHost(files: readonly string[], name: string): Promise<KnownHostEntry[]> {
  const wanted = toByteName(name);
  return entries(
    await readAll(files, { names: [wanted] }),
    (line) => line.kind === 'entry' && line.publicKey !== null && line.match(wanted) === 'yes',
  );
}

/**
 * Removes the plain keys of `name` from a file and returns what was removed; the content before is kept in `file`.old. Lines of certificate
 * authorities and revocations stay, lines with more names keep those, and lines that match by a pattern stay: they are for other hosts too.
 * Rejects with `host-key-not-saved` (a link, no permission, disk full) or `config` (not readable); the file is then unchanged.
 */
export async function removeKnownHost(
  file: string,
  name: string,
  clock: Clock = systemClock,
): Promise<KnownHostEntry[]> {
  const wanted = toByteName(name);
  let removed: KnownHostEntry[] = [];
  await locked(clock, file, async () => {
    const plan = (now: KnownHostsFile): Rewrite => {
      removed = [];
      const lines: WritableLine[] = [];
      for (const line of now.lines) {
        const rest = isPlainMatch(line, wanted) ? withoutName(line, wanted) : null;
        if (rest !== null) removed.push(toEntry(file, line));
        if (rest !== 'drop') lines.push(rest ?? line);
      }
      return { lines: removed.length === 0 ? null : lines };
    };
    await rewriteKnownHosts(clock, file, plan, { names: [wanted] });
  });
  return removed;
}

function isPlainMatch(line: KnownHostsLine, name: string): boolean {
  return line.kind === 'entry' && line.marker === 'none' && line.publicKey !== null && line.match(name) === 'yes';
}

function readAll(paths: readonly string[], wanted: Wanted): Promise<KnownHostsFile[]> {
  return Promise.all(paths.map((path) => readKnownHosts(path, wanted)));
}

function entries(files: readonly KnownHostsFile[], wanted: (line: KnownHostsLine) => boolean): KnownHostEntry[] {
  return files.flatMap((file) =>
    file.lines
      .filter((line) => line.kind !== 'blank' && line.kind !== 'comment' && wanted(line))
      .map((line) => toEntry(file.path, line)),
  );
}

import type { LookupNames } from './host-names.ts';
import type { KnownHostsFile, KnownHostsLine, KnownHostsMarker } from './known-hosts-file.ts';
import { keyKindOf, type PublicKey } from './public-key.ts';

/** A valid line that matched, and where it stands. */
export interface FoundLine {
  readonly path: string;
  readonly line: KnownHostsLine;
  readonly marker: KnownHostsMarker;
  readonly key: PublicKey;
}

/** What known_hosts says about a key. */
export type Verdict =
  /** `withoutPort`: known only under the bare name, as OpenSSH accepts it; such a match never leads to an update. */
  | { readonly kind: 'ok'; readonly found: readonly FoundLine[]; readonly withoutPort: boolean }
  /** `otherWithoutPort`: a line of the bare name with another key, for the question. */
  | { readonly kind: 'unknown'; readonly otherWithoutPort: FoundLine | null }
  /** Another key is known, of the same or another type; those of the same type come first. */
  | { readonly kind: 'changed'; readonly known: readonly [FoundLine, ...FoundLine[]] }
  | { readonly kind: 'revoked'; readonly found: FoundLine }
  /** The name belongs to a certificate authority, and no plain key is known. */
  | { readonly kind: 'certificate'; readonly found: FoundLine };

/** All valid lines for `name`, in the order of files and lines (`load_hostkeys`). */
export function findLines(files: readonly KnownHostsFile[], name: string): FoundLine[] {
  const found: FoundLine[] = [];
  for (const file of files) {
    for (const line of file.lines) {
      if (line.kind !== 'entry' || line.match(name) !== 'yes') continue;
      const key = line.publicKey;
      if (key !== null) found.push({ path: file.path, line, marker: line.marker, key });
    }
  }
  return found;
}

/** Whether a @revoked line among `lines` names the key, or the key inside a certificate. */
export function revocationOf<T extends Pick<FoundLine, 'marker' | 'key'>>(
  lines: readonly T[],
  key: PublicKey,
): T | null {
  return lines.find((line) => line.marker === 'revoked' && line.key.plainId === key.plainId) ?? null;
}

/**
 * The verdict of OpenSSH's `check_host_key` on a plain key, as a pure function. Stricter in two points: a revocation under the bare name also
 * counts for other ports, and a name of a certificate authority without a plain key is not "unknown" but `certificate`.
 */
export function judge(files: readonly KnownHostsFile[], names: LookupNames, key: PublicKey): Verdict {
  const own = findLines(files, names.lookup);
  const bare = names.withoutPort === null ? [] : findLines(files, names.withoutPort);
  const revoked = revocationOf([...own, ...bare], key);
  if (revoked) return { kind: 'revoked', found: revoked };

  const ownPlain = own.filter((line) => line.marker === 'none');
  const same = ownPlain.filter((line) => line.key.id === key.id);
  if (same.length > 0) return { kind: 'ok', found: same, withoutPort: false };
  const [first, ...others] = [...ownPlain].sort((a, b) => distance(a.key, key) - distance(b.key, key));
  if (first) return { kind: 'changed', known: [first, ...others] };

  const barePlain = bare.filter((line) => line.marker === 'none');
  const sameBare = barePlain.filter((line) => line.key.id === key.id);
  if (sameBare.length > 0) return { kind: 'ok', found: sameBare, withoutPort: true };

  const authority = [...own, ...bare].find((line) => line.marker === 'cert-authority');
  if (authority) return { kind: 'certificate', found: authority };
  return { kind: 'unknown', otherWithoutPort: barePlain[0] ?? null };
}

function distance(known: PublicKey, shown: PublicKey): number {
  return known.family === shown.family && known.curve === shown.curve ? 0 : 1;
}

/**
 * Sorts host key algorithms as `order_hostkeyalgs` does: the list stays as it is if a key of the first algorithm's type is known; otherwise types
 * with known keys come first. A server that has several keys then shows the one we know, instead of looking changed.
 */
export function orderAlgorithms(
  supported: readonly string[],
  known: readonly Pick<FoundLine, 'marker' | 'key'>[],
): readonly string[] {
  const isKnown = (algorithm: string): boolean => {
    const kind = keyKindOf(algorithm);
    if (kind === null) return false;
    const first = known.find(
      ({ marker, key }) =>
        marker === 'none' && !key.certificate && key.family === kind.family && key.curve === kind.curve,
    );
    return first !== undefined && revocationOf(known, first.key) === null;
  };
  const [best] = supported;
  if (best === undefined || isKnown(best)) return supported;
  return [...supported.filter(isKnown), ...supported.filter((algorithm) => !isKnown(algorithm))];
}

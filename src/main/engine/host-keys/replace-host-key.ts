import { HoldfastError } from '../../../shared/model/failure.ts';
import { type Clock, systemClock } from '../lifecycle/clock.ts';
import type { ChangedKey } from './changed-keys.ts';
import { newLine } from './known-hosts-lines.ts';
import { removeKnownHost } from './known-hosts-edit.ts';
import { appendLine, locked } from './known-hosts-store.ts';

/**
 * Trusts the key that a server showed in place of the ones that were trusted, on the word of its owner: `fingerprint` must be equal to the
 * shown key's. The file before is kept as `.old`. Rejects with `host-key-changed` (not equal) and `host-key-not-saved`.
 */
export async function replaceHostKey(
  changed: ChangedKey,
  fingerprint: string,
  clock: Clock = systemClock,
): Promise<void> {
  if (normalised(fingerprint) !== normalised(changed.shown.fingerprint)) {
    throw new HoldfastError({
      code: 'host-key-changed',
      where: changed.hop,
      message: `That is not the fingerprint of the key that ${changed.hop} shows.`,
      next: 'Do not connect. Ask the owner of the server again.',
    });
  }
  await removeKnownHost(changed.file, changed.lookupName, clock);
  const key = { typeName: changed.shown.keyType, blob: changed.shownBlob };
  await locked(clock, changed.file, () => appendLine(changed.file, newLine(changed.lookupName, key, changed.hashed)));
}

/** As people copy it: spaces and the padding do not count, the prefix may be missing. */
function normalised(fingerprint: string): string {
  const text = fingerprint.replaceAll(/\s+/g, '').replace(/=+$/, '');
  return text.startsWith('SHA256:') ? text : `SHA256:${text}`;
}

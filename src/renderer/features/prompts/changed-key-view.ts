import type { CallOutput } from '../../../shared/contract/calls.ts';
import { keyTypeName } from './fingerprint.ts';

export type ChangedKey = CallOutput<'host-key.changed'>[number];
export type TrustedKey = ChangedKey['trusted'][number];

/** Boxes of trusted keys at most; what is more is told in a line. */
const mostBoxes = 2;

export interface ChangedKeyView {
  /** What the server should have shown, in full: the keys of the shown one's type, else all; each once. */
  readonly boxes: readonly TrustedKey[];
  /** Further keys that are trusted under the name. */
  readonly others: readonly TrustedKey[];
  readonly type: string;
  /** The types before, if the shown one is new among them; else null. */
  readonly typesBefore: readonly string[] | null;
  /** `known`: the same as before; a text: the address before; null: not known. */
  readonly addressBefore: { readonly kind: 'same' } | { readonly kind: 'other'; readonly address: string } | null;
}

export function changedKeyView(changed: ChangedKey): ChangedKeyView {
  // The same key in two files is one key.
  const trusted = changed.trusted.filter(
    (key, index, all) => all.findIndex(({ fingerprint }) => fingerprint === key.fingerprint) === index,
  );
  const type = keyTypeName(changed.shown.keyType);
  const same = trusted.filter(({ keyType }) => keyTypeName(keyType) === type);
  const boxes = (same.length > 0 ? same : trusted).slice(0, mostBoxes);
  const { remoteAddress, addressBefore } = changed;
  return {
    boxes,
    others: trusted.filter((key) => !boxes.includes(key)),
    type,
    typesBefore: same.length > 0 ? null : [...new Set(trusted.map(({ keyType }) => keyTypeName(keyType)))],
    addressBefore:
      remoteAddress === null || addressBefore === null
        ? null
        : remoteAddress === addressBefore
          ? { kind: 'same' }
          : { kind: 'other', address: addressBefore },
  };
}

/** The address that was dialled, and where that led, if it says more. */
export function reachedAddress(address: string, remoteAddress: string | null): string {
  return remoteAddress === null || address.includes(remoteAddress) ? address : `${address} (${remoteAddress})`;
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

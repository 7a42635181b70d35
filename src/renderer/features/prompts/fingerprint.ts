/**
 * prompts: the questions to a person, in a window of their own on the desktop and as dialogs in the panel.
 *
 * - fingerprint.ts, copied-here.ts   comparing a fingerprint honestly
 * - prompt-queue.ts, way.ts          which question is next, and who asks
 * - prompt-sheet.tsx                 the frame of them all: heading, body, buttons in the system's order
 * - host-key-prompt.tsx, changed-key-prompt.tsx, sign-in-prompt.tsx, confirm-prompt.tsx
 * - prompt-window.tsx, prompt-layer.tsx   the two places they are shown in
 */

/** The part of a fingerprint behind `SHA256:`, without padding. */
export function fingerprintBody(fingerprint: string): string {
  return fingerprint.replace(/^SHA256:/, '').replace(/=+$/, '');
}

/** Groups of four, for reading aloud. Joined they are the body again. */
export function fingerprintGroups(fingerprint: string): readonly string[] {
  return fingerprintBody(fingerprint).match(/.{1,4}/gsu) ?? [];
}

/**
 * What a pasted text says about a key.
 *
 * - `empty`    nothing to compare
 * - `partial`  the beginning of the right one: goes on
 * - `equal`, `different`
 * - `md5`      another kind of fingerprint, which says too little
 * - `here`     copied from this very window: proves nothing
 */
export type Comparison = 'empty' | 'partial' | 'equal' | 'different' | 'md5' | 'here';

/** Takes a bare fingerprint, one in groups, and whole lines of `ssh-keygen -l` or a log, in which one must be equal. */
export function compareFingerprint(own: string, given: string, isFromHere: boolean): Comparison {
  const text = given.trim();
  if (text === '') return 'empty';
  if (isFromHere) return 'here';
  const body = fingerprintBody(own);
  const named = [...text.matchAll(/SHA256:([A-Za-z0-9+/]{43})(?![A-Za-z0-9+/])/g)].map((match) => match[1]);
  if (named.length > 0) return named.includes(body) ? 'equal' : 'different';
  const bare = text
    .replaceAll(/\s+/g, '')
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '');
  if (bare === body) return 'equal';
  if (bare === '' || body.startsWith(bare) || 'SHA256:'.startsWith(bare)) return 'partial';
  return /(?:^|[^0-9a-f])(?:[0-9a-f]{2}:){15}[0-9a-f]{2}(?:$|[^0-9a-f:])/i.test(text) ? 'md5' : 'different';
}

const families: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'Ed25519',
  'ssh-rsa': 'RSA',
  'ssh-dss': 'DSA',
  'sk-ssh-ed25519@openssh.com': 'Ed25519 (security key)',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'ECDSA (security key)',
};

/** `Ed25519`, `RSA`, `ECDSA P-256`: a key type as people know it. Unknown ones stay as they are. */
export function keyTypeName(type: string): string {
  const curve = /^ecdsa-sha2-nistp(\d+)$/.exec(type);
  if (curve !== null) return `ECDSA P-${curve[1]}`;
  const known = families[type];
  if (known !== undefined) return known;
  const upper = type.toUpperCase();
  if (upper === 'ED25519') return 'Ed25519';
  return type;
}

/** What the administrator types on the server to see the fingerprint. */
export function consoleCommand(keyType: string): string {
  const lower = keyType.toLowerCase();
  const name =
    ['ed25519', 'ecdsa', 'rsa'].find((known) => lower.includes(known)) ?? (/dss|dsa/.test(lower) ? 'dsa' : '*');
  return `ssh-keygen -lf /etc/ssh/ssh_host_${name}_key.pub`;
}

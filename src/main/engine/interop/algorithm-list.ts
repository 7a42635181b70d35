import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { defaultAlgorithms, supportedAlgorithms } from '../ssh/algorithms.ts';
import type { HostDraft } from './host-draft.ts';

type Kind = 'kex' | 'serverHostKey' | 'cipher' | 'mac';

/** Options of ssh_config(5) with lists of algorithms, in small letters. */
const kinds: Readonly<Record<string, Kind>> = {
  ciphers: 'cipher',
  macs: 'mac',
  kexalgorithms: 'kex',
  hostkeyalgorithms: 'serverHostKey',
  pubkeyacceptedalgorithms: 'serverHostKey',
  pubkeyacceptedkeytypes: 'serverHostKey',
};

/** What versions of ssh offer by themselves and Holdfast does not: no reason to call them legacy where a list only names what ssh has anyway. */
const defaultsOfSsh: readonly RegExp[] = [
  /^chacha20-poly1305@openssh\.com$/,
  /^umac-(64|128)(-etm)?@openssh\.com$/,
  /^hmac-sha1(-etm@openssh\.com)?$/,
  /^(sntrup761x25519-sha512|mlkem768x25519-sha256)/,
  /^diffie-hellman-group-exchange-sha256$/,
  /^(webauthn-)?sk-/,
  /-cert-v01@openssh\.com$/,
];

export function isAlgorithmOption(name: string): boolean {
  return Object.hasOwn(kinds, name.toLowerCase());
}

/**
 * A list as ssh takes it: `+` behind the defaults, `^` before them, `-` without some of them, else instead of them. Holdfast always offers its own
 * safe ones first; what is beyond them and can be offered goes to `legacy-algorithms`, and all of it is said. `usual`: what this ssh has as its
 * default, where that is known.
 */
export function takeAlgorithms(draft: HostDraft, name: string, value: string, usual: readonly string[] = []): void {
  const kind = kinds[name.toLowerCase()] ?? 'cipher';
  const sign = /^[+^-]/.exec(value)?.[0] ?? '';
  const given = [
    ...new Set(
      value
        .slice(sign.length)
        .split(',')
        .map((one) => one.trim()),
    ),
  ].filter((one) => one !== '');
  if (sign === '-') {
    draft.notes.push(sshOption.leftOut({ what: `${name} ${shownList([value])}`, why: sshOption.offersSafe() }));
    return;
  }
  const own: readonly string[] = defaultAlgorithms()[kind];
  const able: readonly string[] = supportedAlgorithms()[kind];
  const isUsual = (one: string): boolean => usual.includes(one) || defaultsOfSsh.some((pattern) => pattern.test(one));
  const beyond = given.filter((one) => !own.includes(one));
  // With nothing else in a list, a default of ssh is what the server wants; and so it is where it was added on purpose.
  const isWanted = (one: string): boolean => sign !== '' || !isUsual(one) || beyond.length === given.length;
  const legacy = beyond.filter((one) => able.includes(one) && isWanted(one));
  addLegacy(draft, legacy);
  if (legacy.length > 0) draft.notes.push(sshOption.toLegacy({ what: `${name} ${shownList(legacy)}` }));
  const missing = beyond.filter((one) => !able.includes(one) && isWanted(one));
  if (missing.length > 0)
    draft.notes.push(sshOption.leftOut({ what: `${name} ${shownList(missing)}`, why: sshOption.notThere() }));
  const isShorter = usual.length === 0 ? sign === '' : usual.some((one) => !given.includes(one));
  if (isShorter && beyond.length < given.length) draft.notes.push(sshOption.shorterListLeftOut({ name }));
}

function shownList(names: readonly string[]): string {
  return cleanLine(names.join(','), 300);
}

function addLegacy(draft: HostDraft, names: readonly string[]): void {
  const had = (draft.values['legacy-algorithms'] ?? []) as readonly string[];
  const all = [...new Set([...had, ...names])];
  if (all.length > 0) draft.values['legacy-algorithms'] = all;
}

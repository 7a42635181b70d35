/** The package has no types of its own. */
declare module 'bcrypt-pbkdf' {
  /** OpenBSD's bcrypt_pbkdf: fills `key`; 0 on success, -1 for arguments it does not take. */
  export function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number;
}

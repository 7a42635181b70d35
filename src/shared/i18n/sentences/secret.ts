import { seconds } from '../parts.ts';
import { type Said, sayings, sentence } from '../said.ts';

/** Keeping secrets: the keychain, the vault, memory. */
export const secretSentences = {
  // The stores.
  vault: { en: 'The vault file', de: 'Der Tresor' },
  credentialManager: { en: 'The Windows Credential Manager', de: 'Die Windows-Anmeldeinformationsverwaltung' },
  macKeychain: { en: 'The macOS keychain', de: 'Der Schlüsselbund von macOS' },
  desktopKeyring: { en: 'The desktop keyring', de: 'Der Schlüsselbund des Desktops' },
  sessionMemory: { en: 'Session memory', de: 'Der Speicher dieser Sitzung' },

  // What is wrong with one.
  locked: sentence<{ store: Said }>({
    en: ({ store }, say) => `${say(store)} is locked.`,
    de: ({ store }, say) => `${say(store)} ist verschlossen.`,
  }),
  cannotBeUsed: sentence<{ store: Said; why: Said }>({
    en: ({ store, why }, say) => `${say(store)} cannot be used: ${say(why)}.`,
    de: ({ store, why }, say) => `${say(store)} lässt sich nicht benutzen: ${say(why)}.`,
  }),
  doesNotWork: sentence<{ store: Said; why: Said | null }>({
    en: ({ store, why }, say) => `${say(store)} does not work${why === null ? '' : `: ${say(why)}`}.`,
    de: ({ store, why }, say) => `${say(store)} funktioniert nicht${why === null ? '' : `: ${say(why)}`}.`,
  }),
  noLibsecret: { en: 'libsecret is not installed', de: 'libsecret ist nicht installiert' },
  noLibrary: {
    en: 'the keychain library cannot be loaded here',
    de: 'die Bibliothek des Schlüsselbunds lässt sich hier nicht laden',
  },
  noService: {
    en: 'no program on this desktop keeps secrets (Secret Service)',
    de: 'kein Programm auf diesem Desktop bewahrt Geheimnisse auf (Secret Service)',
  },
  noBus: { en: 'there is no D-Bus session', de: 'es gibt keine D-Bus-Sitzung' },
  noDefaultKeyring: {
    en: 'the desktop has no default keyring yet',
    de: 'der Desktop hat noch keinen Standard-Schlüsselbund',
  },
  serviceSilent: {
    en: 'the keyring service does not answer',
    de: 'der Dienst des Schlüsselbunds antwortet nicht',
  },
  busUnreachable: {
    en: 'the D-Bus session cannot be reached',
    de: 'die D-Bus-Sitzung ist nicht zu erreichen',
  },
  serviceUnclear: {
    en: 'the keyring service gave an answer that is not understood',
    de: 'der Dienst des Schlüsselbunds gab eine Antwort, die nicht zu verstehen ist',
  },
  notMadeYet: { en: 'it has not been made yet', de: 'er ist noch nicht angelegt' },
  vaultUnreadable: { en: 'it cannot be read', de: 'er lässt sich nicht lesen' },
  becauseDamaged: { en: 'the vault file is damaged', de: 'die Datei ist beschädigt' },
  becauseNewer: sentence<{ format: number }>({
    en: ({ format }) => `the vault was written by a newer Holdfast (format ${format})`,
    de: ({ format }) => `ein neueres Holdfast hat ihn geschrieben (Format ${format})`,
  }),
  becauseTooLarge: {
    en: 'the vault file is larger than any vault',
    de: 'die Datei ist größer, als ein Tresor sein kann',
  },
  becauseUnreadable: { en: 'the vault file cannot be read', de: 'die Datei lässt sich nicht lesen' },

  // The keychain and what it takes.
  keychainSilent: sentence<{ limitMs: number }>({
    en: ({ limitMs }) => `The keychain has not answered within ${seconds(limitMs, 'en')}.`,
    de: ({ limitMs }) => `Der Schlüsselbund hat in ${seconds(limitMs, 'de')} nicht geantwortet.`,
  }),
  /** `words`: its own. */
  keychainRefused: sentence<{ words: Said | string }>({
    en: ({ words }, say) => `The keychain refused: ${say(words)}.`,
    de: ({ words }, say) => `Der Schlüsselbund lehnt ab: ${say(words)}.`,
  }),
  noReason: { en: 'no reason given', de: 'ohne Angabe von Gründen' },
  empty: { en: 'An empty secret cannot be kept.', de: 'Ein leeres Geheimnis lässt sich nicht merken.' },
  hasNul: {
    en: 'A secret with a NUL byte cannot be kept in the keychain.',
    de: 'Ein Geheimnis mit einem NUL-Byte lässt sich im Schlüsselbund nicht merken.',
  },
  tooLong: sentence<{ bytes: number; most: number }>({
    en: ({ bytes, most }) => `The secret has ${bytes} bytes; the Credential Manager keeps at most ${most}.`,
    de: ({ bytes, most }) =>
      `Das Geheimnis hat ${bytes} Byte; die Anmeldeinformationsverwaltung nimmt höchstens ${most}.`,
  }),
  inMemoryOnly: {
    en: 'Secrets are kept in memory only (secret-store = "memory"), so it was not saved.',
    de: 'Geheimnisse werden nur im Speicher gemerkt (secret-store = "memory"); es wurde nicht gespeichert.',
  },

  // The vault.
  wrongPassphrase: {
    en: 'This is not the passphrase of the vault.',
    de: 'Das ist nicht die Passphrase des Tresors.',
  },
  damaged: { en: 'The vault file is damaged.', de: 'Die Datei des Tresors ist beschädigt.' },
  newer: sentence<{ format: number }>({
    en: ({ format }) => `The vault was written by a newer Holdfast (format ${format}).`,
    de: ({ format }) => `Den Tresor hat ein neueres Holdfast geschrieben (Format ${format}).`,
  }),
  tooLarge: {
    en: 'The vault file is larger than any vault.',
    de: 'Die Datei des Tresors ist größer, als ein Tresor sein kann.',
  },
  unreadable: {
    en: 'The vault file cannot be read.',
    de: 'Die Datei des Tresors lässt sich nicht lesen.',
  },
  thereAlready: { en: 'There is a vault already.', de: 'Es gibt schon einen Tresor.' },
  needsPassphrase: { en: 'A vault needs a passphrase.', de: 'Ein Tresor braucht eine Passphrase.' },
  folderNotMade: sentence<{ code: string }>({
    en: ({ code }) => `The folder of the vault cannot be made: the system says ${code}.`,
    de: ({ code }) => `Der Ordner des Tresors lässt sich nicht anlegen: das System sagt ${code}.`,
  }),
  wouldGrow: { en: 'The vault would grow beyond 1 MiB.', de: 'Der Tresor würde größer als 1 MiB.' },
  contentUnclear: {
    en: 'The content of the vault is not understood.',
    de: 'Der Inhalt des Tresors ist nicht zu verstehen.',
  },

  // What to do.
  unlockVault: {
    en: 'Unlock it with `holdfast vault unlock`.',
    de: 'Öffne ihn mit `holdfast vault unlock`.',
  },
  unlockInDesktop: {
    en: 'Unlock it in your desktop and repeat this.',
    de: 'Entsperre ihn auf dem Desktop, und versuche es noch einmal.',
  },
  createVault: { en: 'Make it with `holdfast vault create`.', de: 'Lege ihn mit `holdfast vault create` an.' },
  vaultOrType: {
    en: 'Make a vault file (`holdfast vault create`) and set secret-store = "vault", or type the secret when asked.',
    de: 'Lege einen Tresor an (`holdfast vault create`) und setze secret-store = "vault", oder gib das Geheimnis ein, wenn danach gefragt wird.',
  },
  logOrType: {
    en: 'Look into the log, or type the secret when asked.',
    de: 'Sieh in das Protokoll, oder gib das Geheimnis ein, wenn danach gefragt wird.',
  },
  answerKeychain: {
    en: 'Look for a question of the keychain on the screen and answer it, or unlock the keychain, then repeat this.',
    de: 'Suche auf dem Bildschirm nach einer Frage des Schlüsselbunds und beantworte sie, oder entsperre den Schlüsselbund; dann versuche es noch einmal.',
  },
  unlockOrVault: {
    en: 'Unlock the keychain and repeat this, or use the vault file (secret-store = "vault").',
    de: 'Entsperre den Schlüsselbund, und versuche es noch einmal, oder nimm den Tresor (secret-store = "vault").',
  },
  giveAgain: { en: 'Give the secret again.', de: 'Gib das Geheimnis noch einmal ein.' },
  useVault: {
    en: 'Use the vault file for it (secret-store = "vault").',
    de: 'Nimm dafür den Tresor (secret-store = "vault").',
  },
  otherStore: {
    en: 'Set secret-store = "keychain" or "vault", or type the secret when asked.',
    de: 'Setze secret-store = "keychain" oder "vault", oder gib das Geheimnis ein, wenn danach gefragt wird.',
  },
  typeAgain: {
    en: 'Type it again. There is no way to open a vault without its passphrase.',
    de: 'Gib sie noch einmal ein. Ohne seine Passphrase lässt sich ein Tresor nicht öffnen.',
  },
  otherVersion: {
    en: 'Use that version, or name another vault file.',
    de: 'Nimm diese Version, oder nenne einen anderen Tresor.',
  },
  backupOrNew: {
    en: 'Put a copy of it from a backup in its place, or move it away and make a new one.',
    de: 'Setze eine Sicherungskopie an ihre Stelle, oder verschiebe sie und lege eine neue an.',
  },
  backup: {
    en: 'Put a copy of it from a backup in its place.',
    de: 'Setze eine Sicherungskopie an seine Stelle.',
  },
  unlockOrMoveAway: {
    en: 'Unlock it, or move the file away to begin a new one.',
    de: 'Öffne ihn, oder verschiebe die Datei, um einen neuen anzulegen.',
  },
  rememberable: { en: 'Give one that you will remember.', de: 'Nimm eine, die du dir merken kannst.' },
  otherVaultOrState: {
    en: 'Name another file with vault-file, or another place for state with HOLDFAST_STATE.',
    de: 'Nenne mit vault-file eine andere Datei, oder mit HOLDFAST_STATE einen anderen Ort für den Zustand.',
  },
  removeOld: {
    en: 'Remove secrets that are no longer needed.',
    de: 'Entferne Geheimnisse, die nicht mehr gebraucht werden.',
  },
  otherFile: { en: 'Name another file.', de: 'Nenne eine andere Datei.' },
  fileOwner: {
    en: 'Check who owns it and its mode.',
    de: 'Prüfe, wem sie gehört und welche Rechte sie hat.',
  },
};

export const secret = sayings('secret', secretSentences);

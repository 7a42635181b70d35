import type { Phrase } from './phrases.ts';

/** What goes wrong with saved secrets, in German: the keychain, the vault. */
export const secretsDe: readonly Phrase[] = [
  ['The keychain has not answered within {0} s.', 'Der Schlüsselbund hat in {0} s nicht geantwortet.'],
  [
    'Look for a question of the keychain on the screen and answer it, or unlock the keychain, then repeat this.',
    'Suche auf dem Bildschirm nach einer Frage des Schlüsselbunds und beantworte sie, oder entsperre den Schlüsselbund; dann versuche es noch einmal.',
  ],
  ['An empty secret cannot be kept.', 'Ein leeres Geheimnis lässt sich nicht merken.'],
  [
    'A secret with a NUL byte cannot be kept in the keychain.',
    'Ein Geheimnis mit einem NUL-Byte lässt sich im Schlüsselbund nicht merken.',
  ],
  ['Give the secret again.', 'Gib das Geheimnis noch einmal ein.'],
  [
    'The secret has {0} bytes; the Credential Manager keeps at most {1}.',
    'Das Geheimnis hat {0} Byte; die Anmeldeinformationsverwaltung nimmt höchstens {1}.',
  ],
  ['Use the vault file for it (secret-store = "vault").', 'Nimm dafür den Tresor (secret-store = "vault").'],
  ['The keychain refused: {0}.', 'Der Schlüsselbund lehnt ab: {0}.'],
  ['no reason given', 'ohne Angabe von Gründen'],
  [
    'Unlock the keychain and repeat this, or use the vault file (secret-store = "vault").',
    'Entsperre den Schlüsselbund, und versuche es noch einmal, oder nimm den Tresor (secret-store = "vault").',
  ],
  ['{0} is locked.', '{0} ist verschlossen.'],
  ['Unlock it with `holdfast vault unlock`.', 'Öffne ihn mit `holdfast vault unlock`.'],
  ['Unlock it in your desktop and repeat this.', 'Entsperre ihn auf dem Desktop, und versuche es noch einmal.'],
  ['{0} cannot be used: {1}.', '{0} lässt sich nicht benutzen: {1}.'],
  ['Make it with `holdfast vault create`.', 'Lege ihn mit `holdfast vault create` an.'],
  [
    'Make a vault file (`holdfast vault create`) and set secret-store = "vault", or type the secret when asked.',
    'Lege einen Tresor an (`holdfast vault create`) und setze secret-store = "vault", oder gib das Geheimnis ein, wenn danach gefragt wird.',
  ],
  ['{0} does not work{1}.', '{0} funktioniert nicht{1}.'],
  [
    'Look into the log, or type the secret when asked.',
    'Sieh in das Protokoll, oder gib das Geheimnis ein, wenn danach gefragt wird.',
  ],
  ['The vault file', 'Der Tresor'],
  ['The Windows Credential Manager', 'Die Windows-Anmeldeinformationsverwaltung'],
  ['The macOS keychain', 'Der Schlüsselbund von macOS'],
  ['The desktop keyring', 'Der Schlüsselbund des Desktops'],
  ['Session memory', 'Der Speicher dieser Sitzung'],
  ['libsecret is not installed', 'libsecret ist nicht installiert'],
  ['the keychain library cannot be loaded here', 'die Bibliothek des Schlüsselbunds lässt sich hier nicht laden'],
  [
    'no program on this desktop keeps secrets (Secret Service)',
    'kein Programm auf diesem Desktop bewahrt Geheimnisse auf (Secret Service)',
  ],
  ['there is no D-Bus session', 'es gibt keine D-Bus-Sitzung'],
  ['timed out', 'es kam keine Antwort'],
  ['the desktop has no default keyring yet', 'der Desktop hat noch keinen Standard-Schlüsselbund'],
  ['the keyring service does not answer', 'der Dienst des Schlüsselbunds antwortet nicht'],
  ['the D-Bus session cannot be reached', 'die D-Bus-Sitzung ist nicht zu erreichen'],
  [
    'the keyring service gave an answer that is not understood',
    'der Dienst des Schlüsselbunds gab eine Antwort, die nicht zu verstehen ist',
  ],
  [
    'Secrets are kept in memory only (secret-store = "memory"), so it was not saved.',
    'Geheimnisse werden nur im Speicher gemerkt (secret-store = "memory"); es wurde nicht gespeichert.',
  ],
  [
    'Set secret-store = "keychain" or "vault", or type the secret when asked.',
    'Setze secret-store = "keychain" oder "vault", oder gib das Geheimnis ein, wenn danach gefragt wird.',
  ],
  ['This is not the passphrase of the vault.', 'Das ist nicht die Passphrase des Tresors.'],
  [
    'Type it again. There is no way to open a vault without its passphrase.',
    'Gib sie noch einmal ein. Ohne seine Passphrase lässt sich ein Tresor nicht öffnen.',
  ],
  [
    'The vault was written by a newer Holdfast (format {0}).',
    'Den Tresor hat ein neueres Holdfast geschrieben (Format {0}).',
  ],
  ['Use that version, or name another vault file.', 'Nimm diese Version, oder nenne einen anderen Tresor.'],
  ['The vault file is damaged.', 'Die Datei des Tresors ist beschädigt.'],
  [
    'Put a copy of it from a backup in its place, or move it away and make a new one.',
    'Setze eine Sicherungskopie an ihre Stelle, oder verschiebe sie und lege eine neue an.',
  ],
  ['it has not been made yet', 'er ist noch nicht angelegt'],
  ['There is a vault already.', 'Es gibt schon einen Tresor.'],
  [
    'Unlock it, or move the file away to begin a new one.',
    'Öffne ihn, oder verschiebe die Datei, um einen neuen anzulegen.',
  ],
  ['A vault needs a passphrase.', 'Ein Tresor braucht eine Passphrase.'],
  ['Give one that you will remember.', 'Nimm eine, die du dir merken kannst.'],
  ['The vault would grow beyond 1 MiB.', 'Der Tresor würde größer als 1 MiB.'],
  ['Remove secrets that are no longer needed.', 'Entferne Geheimnisse, die nicht mehr gebraucht werden.'],
  ['The content of the vault is not understood.', 'Der Inhalt des Tresors ist nicht zu verstehen.'],
  ['Put a copy of it from a backup in its place.', 'Setze eine Sicherungskopie an seine Stelle.'],
  ['The vault file is larger than any vault.', 'Die Datei des Tresors ist größer, als ein Tresor sein kann.'],
  ['Name another file.', 'Nenne eine andere Datei.'],
  ['The vault file cannot be read.', 'Die Datei des Tresors lässt sich nicht lesen.'],
  ['Check who owns it and its mode.', 'Prüfe, wem sie gehört und welche Rechte sie hat.'],
  // The same behind the name of the vault.
  ['the vault file is damaged', 'die Datei ist beschädigt'],
  ['the vault file is larger than any vault', 'die Datei ist größer, als ein Tresor sein kann'],
  ['the vault file cannot be read', 'die Datei lässt sich nicht lesen'],
  ['the vault was written by a newer Holdfast (format {0})', 'ein neueres Holdfast hat ihn geschrieben (Format {0})'],
  [
    'The folder of the vault cannot be made: the system says {0}.',
    'Der Ordner des Tresors lässt sich nicht anlegen: das System sagt {0}.',
  ],
  [
    'Name another file with vault-file, or another place for state with HOLDFAST_STATE.',
    'Nenne mit vault-file eine andere Datei, oder mit HOLDFAST_STATE einen anderen Ort für den Zustand.',
  ],
];

import type { Phrase } from './phrases.ts';

/** Calls of the window for tunnels, hosts, logins and questions. */
const tunnels: readonly Phrase[] = [
  ['There is no tunnel or group named {0}.', 'Einen Tunnel oder eine Gruppe namens {0} gibt es nicht.'],
  ['See the names with: holdfast list', 'Die Namen zeigt: holdfast list'],
  ['Tunnel {0} has no forward "{1!}".', 'Der Tunnel {0} hat keine Weiterleitung „{1}“.'],
  ['See its forwards with: holdfast show {0}', 'Seine Weiterleitungen zeigt: holdfast show {0}'],
  ['See the names with: holdfast hosts', 'Die Namen zeigt: holdfast hosts'],
  ['it is broken', 'sie ist fehlerhaft'],
  [
    'These are too many changes at once for a configuration of this size.',
    'Das sind zu viele Änderungen auf einmal für eine Konfiguration von dieser Größe.',
  ],
  ['Make fewer of them at a time.', 'Nimm weniger davon auf einmal vor.'],
  ['Correct the fields that are marked.', 'Korrigiere die markierten Felder.'],
  ['That login is not open any more.', 'Diese Anmeldung ist nicht mehr offen.'],
  ['Nothing is left to do.', 'Es ist nichts mehr zu tun.'],
  ['There is no open prompt {0}.', 'Eine offene Frage {0} gibt es nicht.'],
  ['See the open ones with: holdfast prompts', 'Die offenen zeigt: holdfast prompts'],
  ['Prompt {0} is answered with yes, no{1}.', 'Die Frage {0} wird mit „yes“, „no“{1} beantwortet.'],
  [' or once', ' oder „once“'],
  [
    'Prompt {0} has {1} field(s): one line of input each.',
    'Die Frage {0} hat Felder, {1} an der Zahl: für jedes eine Zeile.',
  ],
  ['For example: holdfast answer {0}', 'Zum Beispiel: holdfast answer {0}'],
  ['The jump chain of {0} goes through {1} twice.', 'Der Weg zu {0} geht zweimal über {1}.'],
  ['Take {0} out of the jump list of {1}.', 'Nimm {0} aus jump von {1}.'],
  ['There is no host {0}.', 'Einen Host {0} gibt es nicht.'],
  [
    '{0} jumps through {1}, which is no host of the configuration.',
    '{0} geht über {1}, und das ist kein Host der Konfiguration.',
  ],
  ['Add [hosts.{0}] or correct the name.', 'Ergänze [hosts.{0}], oder korrigiere den Namen.'],
  ['The connection to {0} ended right after the login.', 'Die Verbindung zu {0} endete gleich nach der Anmeldung.'],
  [
    'Holdfast tries again by itself. If it goes on, look into the log of the server.',
    'Holdfast versucht es von selbst neu. Bleibt es dabei, sieh in das Protokoll des Servers.',
  ],
  ['There is no connection to {0} now.', 'Gerade gibt es keine Verbindung zu {0}.'],
  ['Bring the tunnel up to make one.', 'Starte den Tunnel, dann gibt es eine.'],
  ['Nobody waits for this connection any more.', 'Auf diese Verbindung wartet niemand mehr.'],
  ['{0} tests of tunnels are under way already.', '{0} Proben von Tunneln laufen schon.'],
  [
    'Wait until one of them has ended, or answer its question; then test again.',
    'Warte, bis eine davon zu Ende ist, oder beantworte ihre Frage; dann probiere es neu.',
  ],
];

/** Known hosts and their files. */
const knownHosts: readonly Phrase[] = [
  ['No changed key of {0} waits for a decision.', 'Kein geänderter Schlüssel von {0} wartet auf eine Entscheidung.'],
  [
    'Connect again; if the key still differs, it is shown again.',
    'Verbinde neu; weicht der Schlüssel noch ab, wird er wieder gezeigt.',
  ],
  ['Holdfast does not write {0!}.', 'Holdfast schreibt nicht in {0}.'],
  [
    'Only the first known-hosts file of a host is ever changed; edit this one by hand.',
    'Geändert wird nur die erste known-hosts-Datei eines Hosts; ändere diese von Hand.',
  ],
  [
    'That is not the fingerprint of the key that {0} shows.',
    'Das ist nicht der Fingerabdruck des Schlüssels, den {0} zeigt.',
  ],
  [
    'Do not connect. Ask the owner of the server again.',
    'Verbinde dich nicht. Frage den Betreiber des Servers noch einmal.',
  ],
  [
    '{0!} cannot be read: {1}. Without it no host key can be checked.',
    '{0} lässt sich nicht lesen: {1}. Ohne diese Datei lässt sich kein Host-Schlüssel prüfen.',
  ],
  ['it is not a regular file', 'es ist keine gewöhnliche Datei'],
  ['it has {0} MiB, and at most {1} are read', 'sie hat {0} MiB, gelesen werden höchstens {1}'],
  ['line {0} is longer than {1} KiB', 'Zeile {0} ist länger als {1} KiB'],
  [
    'Make the file readable for you, or name another one in known-hosts.',
    'Mache die Datei für dich lesbar, oder nenne eine andere in known-hosts.',
  ],
  [
    'Trust the key once only, add it to {0!} yourself, or put that right.',
    'Vertraue dem Schlüssel nur diesmal, trage ihn selbst in {0} ein, oder bring das in Ordnung.',
  ],
  [
    'Trust the key once only, or put a regular file first in known-hosts.',
    'Vertraue dem Schlüssel nur diesmal, oder setze in known-hosts eine gewöhnliche Datei an den Anfang.',
  ],
  ['the file is being replaced again and again', 'die Datei wird immer wieder ersetzt'],
  ['Make room on the disk and connect again.', 'Schaffe Platz auf dem Datenträger, und verbinde neu.'],
  ['the file may not grow any more', 'die Datei darf nicht weiter wachsen'],
  [
    'Check the limits of the system, or put another file first in known-hosts.',
    'Prüfe die Grenzen des Systems, oder setze in known-hosts eine andere Datei an den Anfang.',
  ],
  [
    'Put a file that can be written first in known-hosts.',
    'Setze in known-hosts eine Datei an den Anfang, die sich schreiben lässt.',
  ],
  ['you may not write there', 'dort darfst du nicht schreiben'],
  [
    'Check who owns the file and its folder, and their modes.',
    'Prüfe, wem die Datei und ihr Ordner gehören und welche Rechte sie haben.',
  ],
  ['it is a link that leads nowhere', 'sie ist ein Verweis, der nirgendwohin führt'],
  [
    'Make the folder, or put another file first in known-hosts.',
    'Lege den Ordner an, oder setze in known-hosts eine andere Datei an den Anfang.',
  ],
  ['Put a regular file first in known-hosts.', 'Setze in known-hosts eine gewöhnliche Datei an den Anfang.'],
  ['Check the path in known-hosts.', 'Prüfe den Pfad in known-hosts.'],
  ['another program holds its lock', 'ein anderes Programm hält ihre Sperre'],
  [
    'Wait a moment and connect again, or remove {0!}.holdfast-lock.',
    'Warte einen Augenblick, und verbinde neu, oder entferne {0}.holdfast-lock.',
  ],
];

/** What goes wrong with calls of the window, in German. */
export const callsDe: readonly Phrase[] = [...tunnels, ...knownHosts];

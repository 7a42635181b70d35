import type { Phrase } from './phrases.ts';

/** Kinds of value, as they stand behind „erwartet wird“. */
const kinds: readonly Phrase[] = [
  ["the server's name or address", 'der Name oder die Adresse des Servers'],
  ['a user name', 'ein Benutzername'],
  ['the path of a key file', 'der Pfad einer Schlüsseldatei'],
  ['a list of key files', 'eine Liste von Schlüsseldateien'],
  ['the path of a certificate', 'der Pfad eines Zertifikats'],
  ['a list of certificate files', 'eine Liste von Zertifikatsdateien'],
  ['the path of an agent socket', 'der Pfad vom Socket eines Agenten'],
  [
    "true, false, or the path of an agent's socket or pipe",
    'true, false oder der Pfad vom Socket oder von der Pipe eines Agenten',
  ],
  ['true or false', 'true oder false'],
  ['the name of a host', 'der Name eines Hosts'],
  ['a list of authentication methods', 'eine Liste von Arten der Anmeldung'],
  ['a list of host names', 'eine Liste von Hostnamen'],
  ['a host name', 'ein Hostname'],
  [
    'a proxy like "socks5://127.0.0.1:1080" or "http://proxy:3128"',
    'ein Proxy wie „socks5://127.0.0.1:1080“ oder „http://proxy:3128“',
  ],
  ['a command', 'ein Befehl'],
  ['a local address', 'eine Adresse dieses Rechners'],
  ['the path of a known_hosts file', 'der Pfad einer known_hosts-Datei'],
  ['a list of known_hosts files', 'eine Liste von known_hosts-Dateien'],
  ['a fingerprint like "SHA256:…"', 'ein Fingerabdruck wie „SHA256:…“'],
  ['a list of SHA256 fingerprints', 'eine Liste von SHA256-Fingerabdrücken'],
  ['a name for known_hosts', 'ein Name für known_hosts'],
  ['an SSH algorithm name', 'der Name eines SSH-Verfahrens'],
  ['a list of SSH algorithm names', 'eine Liste von Namen von SSH-Verfahren'],
  [
    'a port, HOST:PORT, [IPv6]:PORT, *:PORT or the path of a socket',
    'ein Port, HOST:PORT, [IPv6]:PORT, *:PORT oder der Pfad eines Sockets',
  ],
  ['HOST:PORT, [IPv6]:PORT or the path of a socket', 'HOST:PORT, [IPv6]:PORT oder der Pfad eines Sockets'],
  ['a name for people', 'ein Name für Menschen'],
  [
    'a forward like "local 127.0.0.1:5432 -> db.internal:5432", or a table with type, listen and to',
    'eine Weiterleitung wie „local 127.0.0.1:5432 -> db.internal:5432“ oder eine Tabelle mit „type“, „listen“ und „to“',
  ],
  ['a forward', 'eine Weiterleitung'],
  ['a list of forwards', 'eine Liste von Weiterleitungen'],
  ['at least one forward', 'wenigstens eine Weiterleitung'],
  [
    '"keepalive", "loop", "target", or a table with type (keepalive, loop, echo, target, exec)',
    '„keepalive“, „loop“, „target“ oder eine Tabelle mit „type“ (keepalive, loop, echo, target, exec)',
  ],
  [
    '"exponential", "autossh", or a table with first and cap',
    '„exponential“, „autossh“ oder eine Tabelle mit „first“ und „cap“',
  ],
  ['the name of a group', 'der Name einer Gruppe'],
  ['a text', 'ein Text'],
  ['the path of the vault', 'der Pfad des Tresors'],
  ['a duration like "15s", "500ms" or "1h30m"', 'eine Dauer wie „15s“, „500ms“ oder „1h30m“'],
  ['a size like "512K", "5M" or "1G"', 'eine Größe wie „512K“, „5M“ oder „1G“'],
  ['a whole number from {0} to {1}', 'eine ganze Zahl von {0} bis {1}'],
  ['a number from {0} to {1}', 'eine Zahl von {0} bis {1}'],
  ['a table', 'eine Tabelle'],
  ['a list', 'eine Liste'],
  ['the number {0}', 'die Zahl {0}'],
  ['the date or time {0}', 'ein Datum oder eine Uhrzeit, {0}'],
];

/** Hosts, tunnels and settings, one by one and against each other. */
const sections: readonly Phrase[] = [
  [
    '"{0!}" is a tunnel too, and a command could mean either',
    '„{0}“ heißt auch ein Tunnel, und ein Befehl könnte beide meinen',
  ],
  ['choose another name', 'wähle einen anderen Namen'],
  ['there is no host {0}', 'es gibt keinen Host {0}'],
  ['a host cannot be a hop on the way to itself', 'ein Host kann kein Zwischenhost auf dem Weg zu sich selbst sein'],
  ['"{0!}" stands twice in the chain', '„{0}“ steht zweimal auf dem Weg'],
  ['the jump of "{0!}" is not followed from here', 'jump von „{0}“ gilt von hier aus nicht'],
  ['to go through it as well, write {0}', 'soll es auch darüber gehen, schreibe {0}'],
  ['a loop: {0}', 'ein Kreis: {0}'],
  ['"{0!}" stands twice in the tunnel', '„{0}“ steht zweimal im Tunnel'],
  ['listens where "{0!}" of the same tunnel does', 'lauscht, wo schon „{0}“ desselben Tunnels lauscht'],
  ['change one of the two', 'ändere eine von beiden'],
  [
    '"demand" needs a forward that listens on this machine (local or dynamic): nobody could knock',
    '„demand“ braucht eine Weiterleitung, die auf diesem Rechner lauscht (local oder dynamic): niemand könnte anklopfen',
  ],
  [
    '{0} is open to other machines that reach {1}, not only to its own programs',
    '{0} steht auch anderen Rechnern offen, die {1} erreichen, nicht nur eigenen Programmen',
  ],
  ['this machine', 'diesen Rechner'],
  ['the server', 'den Server'],
  [
    'the tunnel "{0!}" listens at {1!} too, and both start by themselves',
    'auch der Tunnel „{0}“ lauscht an {1}, und beide starten von selbst',
  ],
  ['one will fail', 'einer wird scheitern'],
  [
    'expected an IPv4 or IPv6 address of this machine, got "{0!}"',
    'erwartet wird eine IPv4- oder IPv6-Adresse dieses Rechners, da steht „{0}“',
  ],
  [
    'expected SHA256: and 43 letters as ssh-keygen -l prints them, got {0}',
    'erwartet wird SHA256: und 43 Zeichen, wie ssh-keygen -l sie ausgibt, da steht {0}',
  ],
  ['proxy and proxy-command exclude each other', 'proxy und proxy-command schließen einander aus'],
  [
    'expected "socks5://[USER@]HOST:PORT" or "http://[USER@]HOST:PORT": no password stands in this file, it is asked for when it is needed',
    'erwartet wird „socks5://[USER@]HOST:PORT“ oder „http://[USER@]HOST:PORT“: ein Passwort steht nicht in dieser Datei, nach ihm wird gefragt, wenn es gebraucht wird',
  ],
  [
    '"socks5://[USER@]HOST:PORT" or "http://[USER@]HOST:PORT"',
    '„socks5://[USER@]HOST:PORT“ oder „http://[USER@]HOST:PORT“',
  ],
  [
    '{0}: no password stands in this file, it is asked for when it is needed',
    '{0}: ein Passwort steht nicht in dieser Datei, nach ihm wird gefragt, wenn es gebraucht wird',
  ],
  ['backoff-cap must not be less than backoff-first', 'backoff-cap darf nicht kleiner sein als backoff-first'],
  [
    'host and port stand together, or neither: then the target of the first local forward is meant',
    'host und port stehen beide da oder beide nicht: dann gilt das Ziel der ersten lokalen Weiterleitung',
  ],
  [
    'cap must not be less than first (settings have the defaults of both)',
    'cap darf nicht kleiner sein als first (die Vorgaben von beiden stehen in settings)',
  ],
];

/** The short form of a forward. */
const forwards: readonly Phrase[] = [
  ['expected something like "{0!}".', 'erwartet wird etwas wie „{0}“.'],
  ['expected something like "{0!}"', 'erwartet wird etwas wie „{0}“'],
  [
    'a forward begins with local, remote, dynamic or remote-dynamic, got {0}',
    'eine Weiterleitung beginnt mit local, remote, dynamic oder remote-dynamic, da steht {0}',
  ],
  ['{0} needs a place to listen', '{0} braucht einen Ort zum Lauschen'],
  ['{0} needs "-> TARGET"', '{0} braucht „-> ZIEL“'],
  ['{0} has no target: its clients choose theirs', '{0} hat kein Ziel: die Klienten wählen es selbst'],
  ['"->" stands once, between the two ends', '„->“ steht einmal, zwischen den beiden Enden'],
  [
    '{0} is no port: expected a number from 0 to 65535, or a range like 8000-8010',
    '{0} ist kein Port: erwartet wird eine Zahl von 0 bis 65535 oder ein Bereich wie 8000-8010',
  ],
  [
    '{0} is no port: expected a number from {1} to 65535',
    '{0} ist kein Port: erwartet wird eine Zahl von {1} bis 65535',
  ],
  ['the range {0} must go up, from 1 at least', 'der Bereich {0} muss aufsteigen und bei 1 oder höher beginnen'],
  ['the target {0} needs a host: write 127.0.0.1:{1}', 'dem Ziel {0} fehlt der Host: schreibe 127.0.0.1:{1}'],
  ['* is no address to connect to', '* ist keine Adresse, mit der man sich verbinden kann'],
  ['{0} is no address: expected [IPv6]:PORT', '{0} ist keine Adresse: erwartet wird [IPv6]:PORT'],
  ['{0} is no IPv6 address', '{0} ist keine IPv6-Adresse'],
  ['only those stand in brackets', 'nur die stehen in Klammern'],
  ['an IPv6 address stands in brackets: {0}', 'eine IPv6-Adresse steht in Klammern: {0}'],
  [
    '{0} has no host before the colon: write *:PORT for all addresses, or the port alone',
    '{0} hat keinen Host vor dem Doppelpunkt: schreibe *:PORT für alle Adressen, oder nur den Port',
  ],
  ['{0} is no host name or address{1}', '{0} ist kein Hostname und keine Adresse{1}'],
  ['an IPv6 address stands here without brackets', 'eine IPv6-Adresse steht hier ohne Klammern'],
  ['the user has a key of its own, user', 'der Benutzer hat eine eigene Einstellung, user'],
  ['the port has a key of its own, port', 'der Port hat eine eigene Einstellung, port'],
  ['a path has no control characters', 'ein Pfad hat keine Steuerzeichen'],
  [
    'the path on the server must be a full one: the server does not know {0}',
    'der Pfad auf dem Server muss vollständig sein: dem Server unbekannt ist {0}',
  ],
  ['{0} is no path: expected ~/…', '{0} ist kein Pfad: erwartet wird ~/…'],
  ['{0} names a folder, not a socket', '{0} ist ein Ordner, kein Socket'],
  ['the path has {0} bytes', 'der Pfad hat {0} Byte'],
  ["a unix socket's has at most {0}", 'der eines Unix-Sockets hat höchstens {0}'],
  ['Correct the forward.', 'Korrigiere die Weiterleitung.'],
  ['A forward is a text or a table.', 'Eine Weiterleitung ist ein Text oder eine Tabelle.'],
  ['For example: local 5432 -> db:5432', 'Zum Beispiel: local 5432 -> db:5432'],
];

/** What any key can have wrong; behind all others, since it takes any text. */
export const anyKeyDe: readonly Phrase[] = [
  [
    'a name has 1 to 64 letters, digits, dots, underscores and dashes, and does not begin with a dash',
    'ein Name hat 1 bis 64 Buchstaben, Ziffern, Punkte, Unterstriche und Striche und beginnt nicht mit einem Strich',
  ],
  ['only plain blanks are allowed', 'erlaubt sind nur gewöhnliche Leerzeichen'],
  ['control and invisible characters are not allowed', 'Steuerzeichen und unsichtbare Zeichen sind nicht erlaubt'],
  ['{0} goes through {1}', '{0} geht über {1}'],
  ['unknown key{0}', 'unbekannte Einstellung{0}'],
  ['the nearest known key is "{0!}"', 'am nächsten kommt „{0}“'],
  ['the nearest is "{0!}"', 'am nächsten kommt „{0}“'],
  ['a name with a dot stands in quotes: {0}', 'ein Name mit einem Punkt steht in Anführungszeichen: {0}'],
  ['known keys are {0}', 'bekannt sind {0}'],
  ['is missing: {0}', 'fehlt: {0}'],
  // In the words of zod, where the schema has none of its own.
  ['Invalid input', 'dieser Wert passt hier nicht'],
  ['Too big: expected array to have <={0} items', 'zu viele: erlaubt sind höchstens {0} Einträge'],
  ['{0}, got {1}', '{0}, da steht {1}'],
  ['{0}, without spaces and without a leading dash', '{0}, ohne Leerzeichen und ohne Strich am Anfang'],
  ['expected at most {0} characters', 'erlaubt sind höchstens {0} Zeichen'],
  ['expected at least one method', 'mindestens eine Art der Anmeldung ist nötig'],
  ['expected each method once', 'jede Art der Anmeldung steht nur einmal da'],
  ['expected at most 3650 days', 'erlaubt sind höchstens 3650 Tage'],
  ['expected at most 1000 forwards', 'erlaubt sind höchstens 1000 Weiterleitungen'],
  ['expected less than 8192 T', 'erlaubt sind weniger als 8192 T'],
  ['expected at least one forward', 'erwartet wird wenigstens eine Weiterleitung'],
  ['expected at least {0}', 'erwartet werden mindestens {0}'],
  ['expected tables: {0}', 'erwartet werden Tabellen: {0}'],
  ['expected a table: {0}', 'erwartet wird eine Tabelle: {0}'],
  ['expected a value', 'erwartet wird ein Wert'],
  ['expected something like {0}.', 'erwartet wird etwas wie {0}.'],
  ['expected {0}', 'erwartet wird {0}'],
];

/** What is wrong in a configuration, in German. A message of several parts is said part by part. */
export const configDe: readonly Phrase[] = [...sections, ...forwards, ...kinds];

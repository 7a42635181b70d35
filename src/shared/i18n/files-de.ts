import type { Phrase } from './phrases.ts';

/** What the reader of TOML says; its sentences begin with a small letter by then. */
const toml: readonly Phrase[] = [
  ['unterminated string constant', 'ein Text endet nicht: ihm fehlt das Anführungszeichen'],
  ['unterminated table-key', 'dem Kopf der Tabelle fehlt die Klammer am Ende'],
  ['unterminated array', 'einer Liste fehlt die Klammer am Ende'],
  ['unterminated inline table', 'einer Tabelle in einer Zeile fehlt die Klammer am Ende'],
  ['empty bare keys are not allowed', 'hier fehlt der Name der Einstellung'],
  ['must be a newline', 'hier muss die Zeile enden'],
  ['expected equal (=) token', 'erwartet wird ein Gleichheitszeichen (=)'],
  ['expected comma (,) token', 'erwartet wird ein Komma (,)'],
  ['defining a key multiple times is invalid', 'dieselbe Einstellung steht mehrmals da'],
  ['unexpected character', 'dieses Zeichen passt hier nicht'],
  ['unexpected token', 'das passt hier nicht'],
  [
    'control characters (codes < 0x1f and 0x7f) are not allowed',
    'Steuerzeichen (Codes unter 0x1f und 0x7f) sind nicht erlaubt',
  ],
  ['invalid code point {0} within comments', 'das Zeichen {0} ist in Kommentaren nicht erlaubt'],
  ['invalid code point {0}', 'dieses Zeichen gibt es nicht: {0}'],
  [
    'the key, equals sign, and value must be on the same line',
    'Einstellung, Gleichheitszeichen und Wert müssen in derselben Zeile stehen',
  ],
  [
    'no newlines are allowed between the curly braces unless they are valid within a value',
    'zwischen geschweiften Klammern darf keine neue Zeile beginnen, außer innerhalb eines Wertes',
  ],
  ['underscores are allowed between digits', 'Unterstriche stehen nur zwischen Ziffern'],
  ['unexpected spaces', 'hier dürfen keine Leerzeichen stehen'],
  ['three or more quotes are not permitted', 'drei oder mehr Anführungszeichen sind hier nicht erlaubt'],
  ['unexpected invalid date', 'dieses Datum gibt es nicht'],
  ['unexpected invalid time', 'diese Uhrzeit gibt es nicht'],
  ['leading zeros are not allowed', 'führende Nullen sind nicht erlaubt'],
  [
    'trailing comma is not permitted in an inline table',
    'in einer Tabelle in einer Zeile darf am Ende kein Komma stehen',
  ],
  ['invalid character in escape sequence', 'ein Zeichen hinter dem Rückstrich ist nicht erlaubt'],
  [
    'consecutive dots are not permitted in keys',
    'in Namen von Einstellungen dürfen keine zwei Punkte hintereinander stehen',
  ],
  ['keys cannot end with a dot', 'der Name einer Einstellung endet nicht mit einem Punkt'],
  ['keys cannot start with a dot', 'der Name einer Einstellung beginnt nicht mit einem Punkt'],
  ['the line is longer than {0} characters', 'die Zeile ist länger als {0} Zeichen'],
  ['the values are nested too deeply', 'die Werte sind zu tief ineinander verschachtelt'],
  ['nested deeper than {0} levels', 'tiefer als {0} Ebenen verschachtelt'],
  ['this is not TOML that can be read', 'das ist kein lesbares TOML'],
];

/** Reading the configuration file. */
const reading: readonly Phrase[] = [
  ['the file is larger than 1 MiB', 'die Datei ist größer als 1 MiB'],
  ['the file could not be checked: {0}', 'die Datei ließ sich nicht prüfen: {0}'],
  ['{0!}: 1 more problem, {1} altogether', '{0}: 1 weiterer Fehler, insgesamt {1}'],
  ['{0!}: {1} more problems, {2} altogether', '{0}: {1} weitere Fehler, insgesamt {2}'],
  ['there is a NUL character: this is not a text file', 'hier steht ein NUL-Zeichen: das ist keine Textdatei'],
  ['the file cannot be read: {0}', 'die Datei lässt sich nicht lesen: {0}'],
  ['the file is a link to something that does not exist', 'die Datei ist ein Verweis auf etwas, das es nicht gibt'],
  ['the file may not be read by you', 'du darfst die Datei nicht lesen'],
  ['check its owner and mode', 'prüfe ihren Besitzer und ihre Rechte'],
  ['the file is a link that leads nowhere', 'die Datei ist ein Verweis, der nirgendwohin führt'],
  ['a part of the path is not a folder', 'ein Teil des Pfades ist kein Ordner'],
  ['this is a folder', 'das ist ein Ordner'],
  ['expected a file', 'erwartet wird eine Datei'],
  ['this is not a regular file', 'das ist keine gewöhnliche Datei'],
  ['the file is written in UTF-16', 'die Datei ist in UTF-16 geschrieben'],
  ['save it as UTF-8', 'speichere sie als UTF-8'],
  ['the file is not UTF-8 text', 'die Datei ist kein Text in UTF-8'],
  ['there is no such file', 'diese Datei gibt es nicht'],
  ['the file {0!} belongs to another user (uid {1})', 'die Datei {0} gehört einem anderen Benutzer (UID {1})'],
  ['the folder {0!} belongs to another user (uid {1})', 'der Ordner {0} gehört einem anderen Benutzer (UID {1})'],
  ['leads to {0!}', 'führt zu {0}'],
  ['the link {0!} belongs to another user (uid {1})', 'der Verweis {0} gehört einem anderen Benutzer (UID {1})'],
  [
    'the file {0!} has another name too, and others may write its folder',
    'die Datei {0} hat noch einen anderen Namen, und andere dürfen in ihren Ordner schreiben',
  ],
  [
    'the link {0!} has another name too, and others may write its folder',
    'der Verweis {0} hat noch einen anderen Namen, und andere dürfen in seinen Ordner schreiben',
  ],
  ['put a copy in its place', 'setze eine Kopie an diese Stelle'],
  ['nothing is written through a link on Windows', 'unter Windows wird durch einen Verweis nichts geschrieben'],
  ["it must be yours or root's", 'Besitzer musst du oder root sein'],
  ['the file {0!} may be written by {1}', 'in die Datei {0} darf nicht nur ihr Besitzer schreiben, sondern auch {1}'],
  [
    'the folder {0!} may be written by {1}',
    'in den Ordner {0} darf nicht nur sein Besitzer schreiben, sondern auch {1}',
  ],
  ['run: {0!}', 'führe aus: {0}'],
  ['its group', 'die Gruppe'],
  ['everybody', 'jeder andere'],
  [
    'the file has version {0}, newer than this Holdfast knows',
    'die Datei hat Version {0}, eine neuere, als dieses Holdfast kennt',
  ],
  ['expected {0}, or use a newer Holdfast', 'erwartet wird {0}, oder nimm ein neueres Holdfast'],
  ['There is no configuration at {0!}.', 'Unter {0} gibt es keine Konfiguration.'],
  [
    'Make the first tunnel with: holdfast add host NAME address=HOST user=USER, then: holdfast add tunnel NAME --host NAME --forward "local 5432 -> db:5432"',
    'Den ersten Tunnel machen: holdfast add host NAME address=HOST user=USER, dann: holdfast add tunnel NAME --host NAME --forward "local 5432 -> db:5432"',
  ],
  [
    'Mend the lines named above; holdfast check tells when all is well.',
    'Korrigiere die genannten Zeilen; holdfast check sagt, wann alles stimmt.',
  ],
];

/** Changing the configuration file. */
const editing: readonly Phrase[] = [
  ['it cannot be read', 'sie lässt sich nicht lesen'],
  ['the folder {0!} cannot be made or read: {1}', 'der Ordner {0} lässt sich nicht anlegen oder lesen: {1}'],
  ['Correct that first; nothing was written.', 'Korrigiere das zuerst; es wurde nichts geschrieben.'],
  [
    'Correct that and repeat it; nothing was written.',
    'Korrigiere das, und versuche es noch einmal; es wurde nichts geschrieben.',
  ],
  ['the configuration is not valid', 'die Konfiguration ist nicht gültig'],
  ['There is already a host named {0}.', 'Einen Host namens {0} gibt es schon.'],
  ['There is already a tunnel named {0}.', 'Einen Tunnel namens {0} gibt es schon.'],
  [
    'Choose another name, or change the one that is there.',
    'Wähle einen anderen Namen, oder ändere, was schon da ist.',
  ],
  ['There is no host named {0} in the configuration.', 'Einen Host namens {0} gibt es in der Konfiguration nicht.'],
  ['There is no host {0} in the configuration.', 'Einen Host {0} gibt es in der Konfiguration nicht.'],
  ['There is no tunnel {0} in the configuration.', 'Einen Tunnel {0} gibt es in der Konfiguration nicht.'],
  ['There is no forward {0} in the tunnel {1}.', 'Eine Weiterleitung {0} gibt es im Tunnel {1} nicht.'],
  ['There is no {0} in the configuration.', '{0} gibt es in der Konfiguration nicht.'],
  ['Look at the names with holdfast list.', 'Die Namen zeigt holdfast list.'],
  ['The configuration cannot be edited: line {0}: {1}.', 'Die Konfiguration lässt sich nicht ändern: Zeile {0}: {1}.'],
  ['Correct the file in an editor first.', 'Korrigiere die Datei zuerst in einem Editor.'],
  ['{0} cannot be changed here: {1}.', '{0} lässt sich hier nicht ändern: {1}.'],
  ['Change it in an editor.', 'Ändere das in einem Editor.'],
  ['it is a table with a header of its own', 'es ist eine Tabelle mit eigenem Kopf'],
  ['it is there already', 'es steht schon da'],
  ['it is no list', 'es ist keine Liste'],
  ['there is a {0} already', '{0} gibt es schon'],
  ['there is no such item', 'diesen Eintrag gibt es nicht'],
  ['it has no header of its own', 'es hat keinen eigenen Kopf'],
  ['something else stands there', 'dort steht etwas anderes'],
  ['its items are written as tables', 'seine Einträge sind als Tabellen geschrieben'],
  ['The configuration cannot hold {0}.', 'Das kann in der Konfiguration nicht stehen: {0}.'],
  ['half a character', 'ein halbes Zeichen'],
  ['Give another value.', 'Gib einen anderen Wert an.'],
];

/** Writing any file. */
const writing: readonly Phrase[] = [
  [
    '{0!} leads to {1!}, and nothing is written there: {2}.',
    '{0} führt zu {1}, und dort wird nichts geschrieben: {2}.',
  ],
  [
    'A yes cannot be kept, and would be refused: {0} To trust it once works.',
    'Ein Ja ließe sich nicht merken und würde abgelehnt: {0} Einmal zu vertrauen geht.',
  ],
  [
    'For the same name without the port another key is known: {0!} ({1!}).',
    'Für denselben Namen ohne den Port ist ein anderer Schlüssel bekannt: {0} ({1}).',
  ],
  [
    'Beware: this key is marked as revoked for another name.',
    'Vorsicht: dieser Schlüssel ist unter einem anderen Namen als widerrufen vermerkt.',
  ],
  [
    '{0!} is not a regular file, so no key can be kept there.',
    '{0} ist keine gewöhnliche Datei; dort lässt sich kein Schlüssel merken.',
  ],
  ['the system says {0}', 'das System sagt {0}'],
  [
    '{0!} could not be written: {1}. It is unchanged.',
    '{0} ließ sich nicht schreiben: {1}. Die Datei ist unverändert.',
  ],
  ['Look at the folder and the disk.', 'Sieh dir den Ordner und den Datenträger an.'],
  ['the disk quota is used up', 'der zugeteilte Platz ist aufgebraucht'],
  ['the system does not permit it', 'das System erlaubt es nicht'],
  [
    'Check who owns the file and whether it is locked or immutable.',
    'Prüfe, wem die Datei gehört und ob sie gesperrt oder unveränderlich ist.',
  ],
  ['its folder does not exist', 'ihren Ordner gibt es nicht'],
  ['a part of its path is not a folder', 'ein Teil ihres Pfades ist kein Ordner'],
  ['the disk is full', 'der Datenträger ist voll'],
  ['the file system is read-only', 'das Dateisystem ist schreibgeschützt'],
];

/** What is said of files and their content, in German. */
export const filesDe: readonly Phrase[] = [...toml, ...reading, ...editing, ...writing];

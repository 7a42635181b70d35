import type { Phrase } from './phrases.ts';

/** A pasted ssh command. */
const command: readonly Phrase[] = [
  ['The command is longer than 16 KiB.', 'Der Befehl ist länger als 16 KiB.'],
  ['The command has a {0} without its other end.', 'Im Befehl steht ein {0} ohne sein Gegenstück.'],
  [
    'The command has {0} in it, whose value only your shell knows. Write the value in its place.',
    'Im Befehl steht {0}; den Wert kennt nur deine Shell. Schreibe ihn an diese Stelle.',
  ],
  ['a command in backticks', 'ein Befehl in Backticks'],
  ['There is no command here. Paste one like: {0!}', 'Hier steht kein Befehl. Füge einen ein, etwa: {0}'],
  [
    'This is no ssh or autossh command: it begins with {0}.',
    'Das ist kein Befehl ssh oder autossh: er beginnt mit {0}.',
  ],
  ['-{0} stands without its value.', '-{0} steht ohne seinen Wert da.'],
  [
    'What follows is no part of the command and is left out: {0}',
    'Was folgt, gehört nicht zum Befehl und wurde weggelassen: {0}',
  ],
  ['The command on the server is left out: {0}', 'Weggelassen wurde der Befehl auf dem Server: {0}'],
  ['The command names no host to log in to.', 'Der Befehl nennt keinen Host zum Anmelden.'],
  ['{0} is no host to log in to.', '{0} ist kein Host, bei dem man sich anmelden kann.'],
  ['ProxyCommand {0!} is taken as a jump host: {1!}', 'ProxyCommand {0} gilt als Zwischenhost: {1}'],
  [
    '{0!} is a relative path; Holdfast looks for it in your home folder.',
    '{0} ist ein relativer Pfad; Holdfast sucht ihn in deinem Home-Ordner.',
  ],
  [
    'The command forwards nothing: there is no -L, -R or -D in it.',
    'Der Befehl leitet nichts weiter: ihm fehlt -L, -R oder -D.',
  ],
  ['The host cannot be taken over: {0}.', 'Der Host lässt sich nicht übernehmen: {0}.'],
  [
    'If {0} is an alias of your ~/.ssh/config, import it from there: what that file says is not read here.',
    'Wenn {0} ein Alias aus deiner ~/.ssh/config ist, importiere ihn von dort: was diese Datei sagt, wird hier nicht gelesen.',
  ],
  ['{0} is no jump host; expected [USER@]HOST[:PORT].', '{0} ist kein Zwischenhost; erwartet wird [USER@]HOST[:PORT].'],
  ['The jump host {0} cannot be taken over: {1}.', 'Der Zwischenhost {0} lässt sich nicht übernehmen: {1}.'],
  ['The jump host {0} stands twice in the chain.', 'Der Zwischenhost {0} steht zweimal auf dem Weg.'],
  ['not valid', 'nicht gültig'],
  ['Typographic marks were read as plain ones: {0!}', 'Typografische Zeichen wurden als einfache gelesen: {0}'],
  [
    'The loop is left out: Holdfast connects again by itself.',
    'Die Schleife wurde weggelassen: Holdfast verbindet sich von selbst neu.',
  ],
  [
    'The times of the crontab are left out: Holdfast keeps the tunnel up by itself.',
    'Die Zeiten der Crontab wurden weggelassen: Holdfast hält den Tunnel von selbst oben.',
  ],
  [
    'Of the unit only ExecStart, Environment and User are read: Holdfast keeps the tunnel up by itself.',
    'Von der Unit werden nur ExecStart, Environment und User gelesen: Holdfast hält den Tunnel von selbst oben.',
  ],
  [
    'The unit has {0!} in it, whose value only systemd knows. Write the value in its place.',
    'In der Unit steht {0}; den Wert kennt nur systemd. Schreibe ihn an diese Stelle.',
  ],
  ['The command has too many command lines in one another.', 'Im Befehl stecken zu viele Befehlszeilen ineinander.'],
  [
    'The user at the server is {0!}, as for the ssh that {1!} runs.',
    'Der Benutzer am Server ist {0}, wie beim ssh, das {1} startet.',
  ],
  ['{0} is no forward as -{1} takes it', '{0} ist keine Weiterleitung, wie -{1} sie nimmt'],
  [
    '{0}: a path with a space in it cannot be told apart',
    '{0}: ein Pfad mit einem Leerzeichen lässt sich nicht abgrenzen',
  ],
];

/** The ssh_config. */
const file: readonly Phrase[] = [
  [
    'Reading the file may run commands ({0}): allow that first.',
    'Beim Lesen der Datei können Befehle laufen ({0}): erlaube das zuerst.',
  ],
  ['{0!} line {1}: Match exec', '{0} Zeile {1}: Match exec'],
  ['{0!} line {1}: only ssh itself can tell what it does', '{0} Zeile {1}: nur ssh selbst kann sagen, was sie tut'],
  [
    '{0!} line {1}: only ssh itself can tell what it includes',
    '{0} Zeile {1}: nur ssh selbst kann sagen, was sie einbindet',
  ],
  ['{0!} is included {1} files deep', '{0} wird {1} Dateien tief eingebunden'],
  [
    '{0!} may say something else by the time ssh reads it: {1}',
    '{0} kann etwas anderes enthalten, wenn ssh sie liest: {1}',
  ],
  [
    '{0!} may hold other files by the time ssh reads it: {1}',
    '{0} kann andere Dateien enthalten, wenn ssh ihn liest: {1}',
  ],
  ['its way cannot be looked at', 'ihr Weg lässt sich nicht ansehen'],
  ['it includes more than {0} files', 'sie bindet mehr als {0} Dateien ein'],
  ['{0!} is too large, or no file with a text of its own', '{0} ist zu groß oder keine Datei mit einem eigenen Text'],
  [
    'What stands before an @ is a user for ssh, so it never finds this name.',
    'Was vor einem @ steht, ist für ssh ein Benutzer; diesen Namen findet es also nie.',
  ],
  [
    'ssh itself takes no name with a blank or such a character.',
    'ssh selbst nimmt keinen Namen mit einem Leerzeichen oder einem solchen Zeichen.',
  ],
  ['it is called {0!} here.', 'er heißt hier {0}.'],
  ['Its settings cannot be taken over: {0}.', 'Seine Einstellungen lassen sich nicht übernehmen: {0}.'],
  [
    'The configuration has another host of that name already.',
    'Die Konfiguration hat schon einen anderen Host dieses Namens.',
  ],
  ['It is in the configuration already.', 'Er steht schon in der Konfiguration.'],
  [
    '{0} listens at all addresses, not only for this machine.',
    '{0} lauscht an allen Adressen, nicht nur für diesen Rechner.',
  ],
  ['the key file {0!} is not there.', 'die Schlüsseldatei {0} gibt es nicht.'],
  [
    'Its {0} has {1!} in it, which ssh does not fill in there.',
    'In seinem {0} steht {1}; das füllt ssh dort nicht aus.',
  ],
  ['{0} has {1!} in it, which ssh does not fill in there.', 'In {0} steht {1}; das füllt ssh dort nicht aus.'],
  ['Its jump host {0} cannot be read.', 'Sein Zwischenhost {0} ist nicht zu lesen.'],
  ['The jump hosts go in a circle, at {0}.', 'Die Zwischenhosts gehen im Kreis, bei {0}.'],
  ['The way has more than {0} jump hosts.', 'Der Weg hat mehr als {0} Zwischenhosts.'],
  ['Its jump host {0!}: {1}', 'Sein Zwischenhost {0}: {1}'],
  ['ssh would not take that name.', 'ssh würde diesen Namen nicht nehmen.'],
  ['{0!} is not installed.', '{0} ist nicht installiert.'],
  ['Nobody waits for the answer any more.', 'Auf die Antwort wartet niemand mehr.'],
  ['ssh -G gave no answer within {0} s.', 'ssh -G hat in {0} s nicht geantwortet.'],
  ['ssh -G ended without a word', 'ssh -G endete ohne ein Wort'],
  ['ssh says: {0}', 'ssh sagt: {0}'],
];

/** Why something of a command or a file is left out. */
const reasons: readonly Phrase[] = [
  ['that is no user name', 'das ist kein Benutzername'],
  ['that is no port', 'das ist kein Port'],
  ['that is no host name', 'das ist kein Hostname'],
  [
    'Holdfast always tries the usual key files if none is named',
    'ist keine genannt, nimmt Holdfast immer die üblichen Schlüsseldateien',
  ],
  [
    'Holdfast finds an agent by its path or SSH_AUTH_SOCK only',
    'Holdfast findet einen Agenten nur über seinen Pfad oder SSH_AUTH_SOCK',
  ],
  ['it has something in it that Holdfast cannot fill in', 'darin steht etwas, das Holdfast nicht ausfüllen kann'],
  [
    'Holdfast never takes a changed host key by itself',
    'einen geänderten Host-Schlüssel nimmt Holdfast nie von selbst',
  ],
  ['you are asked about unknown keys', 'nach unbekannten wirst du gefragt'],
  ['host keys have to be kept somewhere', 'irgendwo müssen Host-Schlüssel gemerkt werden'],
  ['expected yes or no', 'erwartet wird „yes“ oder „no“'],
  ['expected any, inet or inet6', 'erwartet wird „any“, „inet“ oder „inet6“'],
  [
    'Holdfast dials from an IP address, not from a name',
    'Holdfast verbindet von einer IP-Adresse aus, nicht von einem Namen',
  ],
  [
    'it would end a healthy link at its first silence',
    'das würde eine gesunde Verbindung beenden, sobald sie schweigt',
  ],
  ['Holdfast does not know {0!} in it', 'darin kennt Holdfast {0} nicht'],
  ['expected a size like 1G', 'erwartet wird eine Größe wie 1G'],
  ['Holdfast takes 1 MiB and more', 'Holdfast nimmt 1 MiB oder mehr'],
  ['Holdfast takes a minute and more', 'Holdfast nimmt eine Minute oder mehr'],
  ['Holdfast does not lend your agent to servers', 'Holdfast leiht Servern deinen Agenten nicht'],
  ['a tunnel stays up until it is switched off', 'ein Tunnel bleibt oben, bis er ausgeschaltet wird'],
  ['max-lifetime ends one after a time', 'max-lifetime beendet einen nach einer Zeit'],
  ['how it reaches the network is not known here', 'wie er ins Netz kommt, ist hier nicht bekannt'],
  ['set a proxy at the host', 'setze einen Proxy beim Host'],
  ['Holdfast runs no such command', 'einen solchen Befehl führt Holdfast nicht aus'],
  ['{0!} cannot be looked at', '{0} lässt sich nicht ansehen'],
  ['it is not there yet, and {0}', 'es gibt sie noch nicht, und {0}'],
  ['others may write {0!}', 'Schreibrecht haben auch andere in {0}'],
  ['Holdfast adds no keys to your agent', 'Holdfast gibt deinem Agenten keine Schlüssel'],
  ['expected a time like 30 or 1m30s', 'erwartet wird eine Zeit wie 30 oder 1m30s'],
  ['Holdfast offers what is safe', 'Holdfast bietet an, was sicher ist'],
  ['Holdfast does not have it', 'Holdfast hat das nicht'],
  ['a hundred files are enough', 'hundert Dateien sind genug'],
  ['Holdfast forwards no windows', 'Holdfast leitet keine Fenster weiter'],
  ['Holdfast does not log in with Kerberos', 'Holdfast meldet sich nicht mit Kerberos an'],
  ['Holdfast shares its logins by itself', 'Holdfast teilt seine Anmeldungen von selbst'],
  ['options of that file are not read', 'Optionen aus dieser Datei werden nicht gelesen'],
  ['import its hosts instead', 'importiere stattdessen ihre Hosts'],
  ['Holdfast keeps a log of each tunnel', 'Holdfast führt für jeden Tunnel ein Protokoll'],
  [
    'Holdfast dials from an address (-b), not from an interface',
    'Holdfast verbindet von einer Adresse aus (-b), nicht von einer Schnittstelle',
  ],
  ['Holdfast takes smart cards from the agent only', 'Smartcards nimmt Holdfast nur vom Agenten'],
  [
    'Holdfast forwards ports, not its own input and output',
    'Holdfast leitet Ports weiter, nicht seine Ein- und Ausgabe',
  ],
  ['Holdfast forwards ports, not networks', 'Holdfast leitet Ports weiter, keine Netze'],
  ['Holdfast has nothing like it', 'so etwas hat Holdfast nicht'],
  ['the forwards are what the tunnel is for', 'der Tunnel ist für die Weiterleitungen da'],
  ['Holdfast sets no variables', 'Holdfast setzt keine Variablen'],
  ['expected Key=Value', 'erwartet wird Name=Wert'],
  [
    'Holdfast logs in by publickey, keyboard-interactive and password',
    'Holdfast meldet sich mit publickey, keyboard-interactive und password an',
  ],
  ['no method of logging in would be left', 'es bliebe keine Art der Anmeldung übrig'],
  ['ssh has no such option', 'diese Option hat ssh nicht'],
  ['that is no number of seconds that it can be', 'eine solche Zahl von Sekunden ist nicht möglich'],
  ['expected -1 or a number from 1', 'erwartet wird -1 oder eine Zahl ab 1'],
  ['that is no monitor port', 'das ist kein Port zum Überwachen'],
  [
    "Holdfast logs in as the person who runs it, with that person's keys",
    'Holdfast meldet sich als die Person an, die es startet, mit ihren Schlüsseln',
  ],
];

/** What holds those reasons. */
const leftOut: readonly Phrase[] = [
  ['To connect, Holdfast will run the command: {0!}', 'Zum Verbinden führt Holdfast diesen Befehl aus: {0}'],
  [
    'Its connection runs a command, so it starts when you switch it on (start = "manual").',
    'Seine Verbindung führt einen Befehl aus, also startet er, wenn du ihn einschaltest (start = "manual").',
  ],
  [
    '{0!}: the key of a server that is not known yet is taken without a question.',
    '{0}: der Schlüssel eines noch unbekannten Servers wird ohne Frage genommen.',
  ],
  [
    '{0!}: host keys are looked up and kept there, not in your own known_hosts.',
    '{0}: dort werden Host-Schlüssel nachgesehen und gemerkt, nicht in deiner eigenen known_hosts.',
  ],
  [
    'sshpass is left out, with its password: Holdfast asks for the password and can keep it in the keychain.',
    'sshpass wurde weggelassen, mit seinem Passwort: Holdfast fragt nach dem Passwort und kann es im Schlüsselbund merken.',
  ],
  [
    '{0} goes to legacy-algorithms, to be offered behind the safe ones.',
    '{0} kommt in legacy-algorithms und wird hinter den sicheren angeboten.',
  ],
  ['The shorter list of {0} is left out: {1}.', 'Die kürzere Liste von {0} wurde weggelassen: {1}.'],
  ['A forward is left out. {0}', 'Eine Weiterleitung wurde weggelassen. {0}'],
  ['{0} is left out: {1}.', '{0} wurde weggelassen: {1}.'],
];

/** What an import says of a command or an ssh_config, in German. */
export const importDe: readonly Phrase[] = [...command, ...file, ...reasons, ...leftOut];

import { callsDe } from './calls-de.ts';
import { anyKeyDe, configDe } from './config-de.ts';
import { filesDe } from './files-de.ts';
import { type Phrase, phraseBook } from './phrases.ts';
import { socketsDe } from './sockets-de.ts';
import { stepsDe } from './steps-de.ts';

/** What the engine says of the network and of servers. */
const servers: readonly Phrase[] = [
  [': only {0}', ': nur {0}'],
  [
    'The connection to {0} went with its jump host {1}: {2}',
    'Die Verbindung zu {0} ging mit ihrem Zwischenhost {1} verloren: {2}',
  ],
  [
    'The connection to {0} went with its jump host {1}.',
    'Die Verbindung zu {0} ging mit ihrem Zwischenhost {1} verloren.',
  ],
  ['The connection to {0} is being replaced by a new one.', 'Die Verbindung zu {0} wird durch eine neue ersetzt.'],
  [
    'The connection to {0} reached the age at which the settings end it.',
    'Die Verbindung zu {0} hat das Alter erreicht, in dem die Einstellungen sie beenden.',
  ],
  ['Holdfast closed the connection to {0}.', 'Holdfast hat die Verbindung zu {0} beendet.'],
  [
    '{0} is set to the openssh transport, which this version cannot use.',
    '{0} ist auf den Transport openssh gestellt, den diese Version nicht benutzen kann.',
  ],
  ['The health check ended with {0}.', 'Die Prüfung endete mit {0}.'],
  [
    'The server did not say which port it opened for the loop.',
    'Der Server sagte nicht, welchen Port er für die Schleife geöffnet hat.',
  ],
  ['Other bytes came back than were sent.', 'Es kamen andere Bytes zurück, als gesendet wurden.'],
  ['The channel closed before the message came back.', 'Der Kanal schloss, bevor die Nachricht zurückkam.'],
  [
    '{0} answers no question, so whether it is still there shows only while bytes come.',
    '{0} beantwortet keine Frage; ob es noch da ist, zeigt sich nur, solange Bytes kommen.',
  ],
  ['The check was called off.', 'Die Prüfung wurde abgebrochen.'],
  ['No answer came within {0} s.', 'In {0} s kam keine Antwort.'],
  ['The tunnel reached its longest lifetime of {0} s.', 'Der Tunnel hat seine längste Lebenszeit von {0} s erreicht.'],
  ['No address for {0}.', 'Keine Adresse für {0}.'],
  [
    '{0} has not answered the login yet. It may wait for you elsewhere: on a phone, or in a browser.',
    '{0} hat auf die Anmeldung noch nicht geantwortet. Vielleicht wartet er anderswo auf dich: am Telefon oder im Browser.',
  ],
  ['{0} waits for you: {1!}', '{0} wartet auf dich: {1}'],
  [
    '{0} waited for you elsewhere, and the login was not finished in time.',
    '{0} hat anderswo auf dich gewartet, und die Anmeldung wurde nicht rechtzeitig abgeschlossen.',
  ],
  ['The proxy command of {0} ended: {1}', 'Der Proxy-Befehl von {0} endete: {1}'],
  ['{0} closed the connection: {1}.', '{0} hat die Verbindung beendet: {1}.'],
  ['The connection to {0} was lost.', 'Die Verbindung zu {0} ging verloren.'],
  ['The connection to {0} was closed on this side.', 'Die Verbindung zu {0} wurde auf dieser Seite beendet.'],
  ['The link to {0} is closed.', 'Die Verbindung zu {0} ist zu.'],
];

/** Targets of remote forwards, which are reached from this machine. */
const targetsHere: readonly Phrase[] = [
  ["{0} is Holdfast's own: no server gets there.", '{0} gehört Holdfast selbst: dorthin kommt kein Server.'],
  [
    'Choose another target. What controls Holdfast is for programs of this machine alone.',
    'Wähle ein anderes Ziel. Was Holdfast steuert, ist nur für Programme dieses Rechners da.',
  ],
  ["{0} on this machine's side refuses connections.", '{0} auf der Seite dieses Rechners lehnt Verbindungen ab.'],
  ['Start the service, or correct the target.', 'Starte den Dienst, oder berichtige das Ziel.'],
  ['There is no socket at {0}.', 'Unter {0} gibt es keinen Socket.'],
  ['This account may not connect to {0}.', 'Dieses Konto darf sich nicht mit {0} verbinden.'],
  ['Check the rights of the socket, or correct the target.', 'Prüfe die Rechte des Sockets, oder berichtige das Ziel.'],
  [
    'Check the spelling; inside names may need the VPN.',
    'Prüfe die Schreibweise; interne Namen brauchen vielleicht das VPN.',
  ],
  ['{0} does not answer from this machine.', '{0} antwortet diesem Rechner nicht.'],
  [
    'Check that the service runs and can be reached from here.',
    'Prüfe, ob der Dienst läuft und von hier zu erreichen ist.',
  ],
  ['{0} cannot be reached from this machine.', '{0} ist von diesem Rechner aus nicht zu erreichen.'],
  ['Check the target and the network.', 'Prüfe das Ziel und das Netz.'],
  ['{0} could not be connected ({1}).', '{0} ließ sich nicht verbinden ({1}).'],
];

/** Host keys and logins. */
const logins: readonly Phrase[] = [
  [
    '{0} shows a host key that cannot be read, or one that is too short to be safe.',
    '{0} zeigt einen Host-Schlüssel, der nicht zu lesen oder zu kurz ist, um sicher zu sein.',
  ],
  [
    'A key cannot be kept under the name {0}: it would mean something else in known_hosts.',
    'Unter dem Namen {0} lässt sich kein Schlüssel merken: in known_hosts hieße er etwas anderes.',
  ],
  [
    'No known_hosts file is configured for {0}, so its key cannot be kept.',
    'Für {0} ist keine known_hosts-Datei eingestellt; der Schlüssel lässt sich nicht merken.',
  ],
  [
    '{0} is to be checked by a certificate authority ({1}), and Holdfast does not know host certificates. The server shows the plain {2}, which is not known.',
    '{0} soll durch eine Zertifizierungsstelle geprüft werden ({1}), und Holdfast kennt keine Host-Zertifikate. Der Server zeigt den einfachen {2}; der ist nicht bekannt.',
  ],
  [
    '{0} shows a host certificate, which Holdfast does not know how to check.',
    '{0} zeigt ein Host-Zertifikat; das kann Holdfast nicht prüfen.',
  ],
  [
    '{0} shows another key than the one that is trusted. Trusted: {1} ({2}). Shown now: {3}. Either the server was reinstalled, or another machine answers in its place. Nothing secret was sent.',
    '{0} zeigt einen anderen Schlüssel als den, dem du vertraust. Vertraut: {1} ({2}). Jetzt gezeigt: {3}. Entweder wurde der Server neu aufgesetzt, oder ein anderer Rechner antwortet an seiner Stelle. Nichts Geheimes wurde gesendet.',
  ],
  [
    '{0} shows another key than the one that was trusted for this connection. Trusted once: {1}. Shown now: {2}. Nothing secret was sent.',
    '{0} zeigt einen anderen Schlüssel als den, dem du für diese Verbindung vertraut hast. Einmal vertraut: {1}. Jetzt gezeigt: {2}. Nichts Geheimes wurde gesendet.',
  ],
  [
    '{0} shows the {1}, which is not known, and only known keys are allowed for {2}.',
    '{0} zeigt den {1}; der ist nicht bekannt, und für {2} sind nur bekannte Schlüssel erlaubt.',
  ],
  [
    '{0} shows the {1}, which is revoked: {2} in {3}. Somebody may use a stolen key. Nothing secret was sent.',
    '{0} zeigt den {1}; der ist widerrufen: {2} in {3}. Vielleicht benutzt jemand einen gestohlenen Schlüssel. Nichts Geheimes wurde gesendet.',
  ],
  ['The {0} of {1} was not trusted.', 'Dem {0} von {1} wurde nicht vertraut.'],
  [
    '{0} shows the {1}, which is not in host-key-pins ({2}). Nothing secret was sent.',
    '{0} zeigt den {1}; der steht nicht in host-key-pins ({2}). Nichts Geheimes wurde gesendet.',
  ],
  ['{0} key SHA256:{1}', '{0}-Schlüssel SHA256:{1}'],
  ['{0} line {1}', '{0} Zeile {1}'],
  ['{0} refused the login as {1}: {2}.', '{0} lehnt die Anmeldung als {1} ab: {2}.'],
  ['{0} refused the login as {1}; {2}.', '{0} lehnt die Anmeldung als {1} ab; {2}.'],
  [
    '{0} offers no way to log in as {1} that is set up here; {2}.',
    '{0} bietet keinen Weg, sich als {1} anzumelden, der hier eingerichtet ist; {2}.',
  ],
  [
    '{0} offers no way to log in as {1} that is set up here.',
    '{0} bietet keinen Weg, sich als {1} anzumelden, der hier eingerichtet ist.',
  ],
  ['the key offered ({0}) was turned down', 'der angebotene Schlüssel ({0}) wurde abgelehnt'],
  ['both keys offered were turned down', 'beide angebotenen Schlüssel wurden abgelehnt'],
  ['all {0} keys offered were turned down', 'alle {0} angebotenen Schlüssel wurden abgelehnt'],
  ['the saved password was turned down', 'das gespeicherte Passwort wurde abgelehnt'],
  ['{0} was right, but more is needed', '{0} stimmte, es fehlt aber noch etwas'],
  ['it still takes {0}', 'es nimmt noch {0}'],
  ['The password of {0} at {1} has expired, and {2}.', 'Das Passwort von {0} bei {1} ist abgelaufen, und {2}.'],
  ['{0} did not take the new one', '{0} hat das neue nicht angenommen'],
  ['the new one was typed in two ways {0} times', 'das neue wurde {0}-mal verschieden eingegeben'],
  ['{0} wants another new one each time', '{0} will jedes Mal ein anderes neues'],
  ['{0} asked {1}, and Holdfast stopped answering.', '{0} fragte {1}; Holdfast antwortet nicht mehr.'],
  ['more than {0} times', 'öfter als {0}-mal'],
  ['{0} things at once', 'nach {0} Dingen auf einmal'],
  ['The question of {0} was cancelled.', 'Die Frage von {0} wurde abgebrochen.'],
  ['1 password turned down', 'ein Passwort abgelehnt'],
  ['{0#} passwords turned down', '{0} Passwörter abgelehnt'],
  ['1 answer turned down', 'eine Antwort abgelehnt'],
  ['{0#} answers turned down', '{0} Antworten abgelehnt'],
  ['it hung up with "{0}"', 'es hat mit „{0}“ aufgelegt'],
  [
    '{0} Another connection, to go on, failed: {1}',
    '{0} Eine weitere Verbindung, um fortzufahren, kam nicht zustande: {1}',
  ],
  ['1 more key was not offered', 'ein weiterer Schlüssel wurde nicht angeboten'],
  ['{0#} more keys were not offered', '{0} weitere Schlüssel wurden nicht angeboten'],
];

/** Forwards and their ports. */
const forwards: readonly Phrase[] = [
  ['{0} has no room for another channel{1}.', '{0} hat keinen Platz für einen weiteren Kanal{1}.'],
  ['{0} did not open a session{1}.', '{0} hat keine Sitzung geöffnet{1}.'],
  ['From {0}, {1} cannot be reached{2}.', 'Von {0} aus ist {1} nicht zu erreichen{2}.'],
  [
    'The server did not answer within {0} s whether it opens this forward.',
    'Der Server hat in {0} s nicht gesagt, ob er diese Weiterleitung öffnet.',
  ],
  ['The forward stopped listening.', 'Die Weiterleitung lauscht nicht mehr.'],
  ['Port {0} here is taken by {1}.', 'Port {0} hier belegt {1}.'],
  [
    'No port from {0} to {1} is free here; {2} is taken by {3}.',
    'Kein Port von {0} bis {1} ist hier frei; {2} belegt {3}.',
  ],
  ['another program', 'ein anderes Programm'],
  ['the program with pid {0}', 'das Programm mit der PID {0}'],
  ['Holdfast itself (pid {0})', 'Holdfast selbst (PID {0})'],
  ['tunnel {0}', 'Tunnel {0}'],
  ['{0} (pid {1})', '{0} (PID {1})'],
  [
    'Ports below 1024 need more rights than this account has (port {0}).',
    'Ports unter 1024 brauchen mehr Rechte, als dieses Konto hat (Port {0}).',
  ],
  ['This account may not listen on port {0}.', 'Dieses Konto darf auf Port {0} nicht lauschen.'],
  [
    'Windows keeps port {0} back, often in a range reserved for Hyper-V.',
    'Windows hält Port {0} zurück, oft in einem Bereich für Hyper-V.',
  ],
  ['This machine has no address {0} now.', 'Dieser Rechner hat die Adresse {0} gerade nicht.'],
  [
    'The system does not let Holdfast listen on port {0} ({1}).',
    'Das System lässt Holdfast auf Port {0} nicht lauschen ({1}).',
  ],
  ['{0} does not allow a session.', '{0} erlaubt keine Sitzung.'],
  ['{0} does not allow this forward.', '{0} erlaubt diese Weiterleitung nicht.'],
  ['{0} does not know this kind of forward.', '{0} kennt diese Art der Weiterleitung nicht.'],
  ['{0} does not listen on {1}.', '{0} lauscht nicht auf {1}.'],
];

/** Where a problem is, and how many more there are: before all others, since the rest may be any text. */
const places: readonly Phrase[] = [
  ['{0!}:{1#}: {2}: {3}', '{0}:{1}: {2}: {3}'],
  ['{0} (and {1#} more)', '{0} (und {1} weitere)'],
];

/** What holds parts together; behind all others, since any text could be meant. */
export const jointsDe: readonly Phrase[] = [
  ['{0}; {1}', '{0}; {1}'],
  ['{0}: {1}', '{0}: {1}'],
  ['{0} and {1}', '{0} und {1}'],
  ['"{0!}"', '„{0}“'],
];

/** All that is said in German of what the engine says. */
export const causesDe: readonly Phrase[] = [
  ...places,
  ...configDe,
  ...filesDe,
  ...callsDe,
  ...servers,
  ...logins,
  ...forwards,
  ...targetsHere,
  ...socketsDe,
  ...stepsDe,
  ...anyKeyDe,
  ...jointsDe,
];

/** A sentence of the engine in German; one that is not known stays English. */
export const inGerman = phraseBook(causesDe);

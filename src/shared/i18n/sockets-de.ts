import type { Phrase } from './phrases.ts';

/** Where the engine is reached, and what keeps it from beginning. */
const control: readonly Phrase[] = [
  ['No engine is running for {0!}: {1}.', 'Für {0} läuft kein Dienst: {1}.'],
  [
    'The engine of this configuration (pid {0}) listens at {1!}: set HOLDFAST_SOCKET to it.',
    'Der Dienst dieser Konfiguration (PID {0}) ist unter {1} zu erreichen: setze HOLDFAST_SOCKET darauf.',
  ],
  ['Start it with: holdfast serve', 'So startet er: holdfast serve'],
  [
    'what answers there has left no key in the state folder',
    'was dort antwortet, hat keinen Schlüssel im Ordner für den Zustand hinterlassen',
  ],
  ['what answers there did not prove that it is one', 'was dort antwortet, konnte sich nicht als Dienst ausweisen'],
  [
    'what is at the place of its control socket is not a socket',
    'was an der Stelle seines Steuer-Sockets liegt, ist kein Socket',
  ],
  ['the control socket belongs to user id {0}', 'der Steuer-Socket gehört der Benutzer-ID {0}'],
  [
    'the control socket has another name too, and others may write its folder',
    'der Steuer-Socket hat noch einen anderen Namen, und andere dürfen in seinen Ordner schreiben',
  ],
  ['its control socket was replaced just now', 'sein Steuer-Socket wurde gerade eben ersetzt'],
  ['there is no control socket', 'einen Steuer-Socket gibt es nicht'],
  ['nobody answers at its control socket', 'an seinem Steuer-Socket antwortet niemand'],
  ['the socket says {0!}', 'der Socket meldet {0}'],
  ['The engine does not answer at its control socket.', 'Der Dienst antwortet nicht an seinem Steuer-Socket.'],
  [
    'It may be overloaded or stopped. Try again, or end it and start it anew.',
    'Vielleicht ist er überlastet oder angehalten. Versuche es noch einmal, oder beende ihn und starte ihn neu.',
  ],
  ['The place of the control socket is taken: {0}.', 'Die Stelle des Steuer-Sockets ist belegt: {0}.'],
  [
    'Look at it, move it away, then start again; or name another socket with HOLDFAST_SOCKET.',
    'Sieh es dir an, verschiebe es, dann starte neu; oder nenne mit HOLDFAST_SOCKET einen anderen Socket.',
  ],
  ['The control socket could not be made ({0!}).', 'Der Steuer-Socket ließ sich nicht anlegen ({0}).'],
  [
    'Check that its folder is yours and has room, or name another socket with HOLDFAST_SOCKET.',
    'Prüfe, ob sein Ordner dir gehört und noch Platz hat, oder nenne mit HOLDFAST_SOCKET einen anderen Socket.',
  ],
  ['An engine already answers at {0!}.', 'Unter {0} antwortet schon ein Dienst.'],
  [
    'Use it as it is (holdfast status), or end it first: {0!}. Its control socket is {1!}.',
    'Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst: {0}. Sein Steuer-Socket ist {1}.',
  ],
  [
    'Use it as it is (holdfast status), or end it first{0!}.',
    'Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst{0}.',
  ],
  ["The engine's lock could not be made ({0!}).", 'Die Sperre des Dienstes ließ sich nicht anlegen ({0}).'],
  ['Check that {0!} is yours and has room.', 'Prüfe, ob {0} dir gehört und noch Platz hat.'],
  ['An engine already runs for {0!} ({1}).', 'Für {0} läuft schon ein Dienst ({1}).'],
  ['another process', 'ein anderer Prozess'],
  ['pid {0}', 'PID {0}'],
  ['If there is none, remove {0!} and start again.', 'Gibt es keinen, entferne {0}, und starte neu.'],
  ['The lock {0!} is not believed: {1}.', 'Der Sperre {0} wird nicht geglaubt: {1}.'],
  [
    'Have it removed (rm {0!}, as its owner or root), or choose another place with HOLDFAST_SOCKET or HOLDFAST_STATE.',
    'Lass sie entfernen (rm {0}, als ihr Besitzer oder root), oder wähle mit HOLDFAST_SOCKET oder HOLDFAST_STATE einen anderen Ort.',
  ],
  [
    'The path of the control socket has {0} bytes; the system takes {1}.',
    'Der Pfad des Steuer-Sockets hat {0} Bytes; das System nimmt {1}.',
  ],
  [
    "The path of the control socket's folder has {0} bytes; with the private folder in which the socket is made the system takes {1}.",
    'Der Pfad zum Ordner des Steuer-Sockets hat {0} Bytes; mit dem privaten Ordner, in dem der Socket entsteht, nimmt das System {1}.',
  ],
  ['Name a shorter one with HOLDFAST_SOCKET.', 'Nenne mit HOLDFAST_SOCKET einen kürzeren.'],
  ['The control socket {0!} is not used: {1}.', 'Der Steuer-Socket {0} wird nicht benutzt: {1}.'],
  ['the folder {0!} is a link that leads nowhere', 'der Ordner {0} ist ein Verweis, der nirgendwohin führt'],
  ['the folder {0!} is a symbolic link', 'der Ordner {0} ist ein Verweis'],
  ['{0!} is not a folder', '{0} ist kein Ordner'],
  ['the folder {0!} is not yours (uid {1})', 'der Ordner {0} gehört nicht dir (UID {1})'],
  [
    'Put that right, or name a socket in a folder of your own with HOLDFAST_SOCKET.',
    'Bring das in Ordnung, oder nenne mit HOLDFAST_SOCKET einen Socket in einem eigenen Ordner.',
  ],
  ['{0!} is not a socket', '{0} ist kein Socket'],
  ['{0!} belongs to user id {1}', '{0} gehört der Benutzer-ID {1}'],
  ['{0!} may not be opened ({1!})', '{0} darf nicht geöffnet werden ({1})'],
];

/** Sockets that forwards listen at. */
const listening: readonly Phrase[] = [
  ['Windows cannot listen at {0!}.', 'Windows kann unter {0} nicht lauschen.'],
  [
    'Use a port, or a pipe with a name like \\\\.\\pipe\\db.',
    'Nimm einen Port, oder eine Pipe mit einem Namen wie \\\\.\\pipe\\db.',
  ],
  [
    'The socket path has {0} bytes; this system takes {1} at most: {2!}.',
    'Der Pfad des Sockets hat {0} Bytes; dieses System nimmt höchstens {1}: {2}.',
  ],
  [
    'The folder of the socket has a path of {0} bytes; with the private folder in which the socket is made this system takes {1} at most: {2!}.',
    'Der Ordner des Sockets hat einen Pfad von {0} Bytes; mit dem privaten Ordner, in dem der Socket entsteht, nimmt dieses System höchstens {1}: {2}.',
  ],
  ['Choose a shorter path.', 'Wähle einen kürzeren Pfad.'],
  ['{0!} exists and is not a socket.', '{0} gibt es schon, und es ist kein Socket.'],
  [
    'Choose another path, or move the file away. Holdfast removes nothing that is not a socket.',
    'Wähle einen anderen Pfad, oder verschiebe die Datei. Holdfast entfernt nichts, was kein Socket ist.',
  ],
  [
    'It is stale and belongs to another user: remove it, or choose another path.',
    'Er ist verwaist und gehört einem anderen Benutzer: entferne ihn, oder wähle einen anderen Pfad.',
  ],
  [
    'Choose another path, or stop that program. Holdfast tries again by itself.',
    'Wähle einen anderen Pfad, oder beende jenes Programm. Holdfast versucht es von selbst neu.',
  ],
  ['{0!} is taken by {1}.', '{0} belegt {1}.'],
  ['The folder of {0!} does not exist.', 'Den Ordner von {0} gibt es nicht.'],
  ['Make the folder, or choose another path.', 'Lege den Ordner an, oder wähle einen anderen Pfad.'],
  ['This account may not make a socket at {0!}.', 'Dieses Konto darf unter {0} keinen Socket anlegen.'],
  ['Choose a path in a folder of your own.', 'Wähle einen Pfad in einem eigenen Ordner.'],
  [
    'The system does not let Holdfast listen at {0!} ({1!}).',
    'Das System lässt Holdfast unter {0} nicht lauschen ({1}).',
  ],
];

/** What is said of sockets, in German. */
export const socketsDe: readonly Phrase[] = [...control, ...listening];

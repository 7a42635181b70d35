import type { Phrase } from './phrases.ts';

/** Sockets that forwards listen at, in German. */
export const socketsDe: readonly Phrase[] = [
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

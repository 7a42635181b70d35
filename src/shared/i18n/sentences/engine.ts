import { type Said, sayings, sentence } from '../said.ts';

/** Where the engine is reached, and what keeps it from beginning. */
export const engineSentences = {
  notRunning: sentence<{ configFile: string; why: Said }>({
    en: ({ configFile, why }, say) => `No engine is running for ${configFile}: ${say(why)}.`,
    de: ({ configFile, why }, say) => `Für ${configFile} läuft kein Dienst: ${say(why)}.`,
  }),
  listensElsewhere: sentence<{ pid: number; socket: string }>({
    en: ({ pid, socket }) =>
      `The engine of this configuration (pid ${pid}) listens at ${socket}: set HOLDFAST_SOCKET to it.`,
    de: ({ pid, socket }) =>
      `Der Dienst dieser Konfiguration (PID ${pid}) ist unter ${socket} zu erreichen: setze HOLDFAST_SOCKET darauf.`,
  }),
  startIt: { en: 'Start it with: holdfast serve', de: 'So startet er: holdfast serve' },
  silent: {
    en: 'The engine does not answer at its control socket.',
    de: 'Der Dienst antwortet nicht an seinem Steuer-Socket.',
  },
  maybeStopped: {
    en: 'It may be overloaded or stopped. Try again, or end it and start it anew.',
    de: 'Vielleicht ist er überlastet oder angehalten. Versuche es noch einmal, oder beende ihn und starte ihn neu.',
  },
  placeTaken: sentence<{ why: Said }>({
    en: ({ why }, say) => `The place of the control socket is taken: ${say(why)}.`,
    de: ({ why }, say) => `Die Stelle des Steuer-Sockets ist belegt: ${say(why)}.`,
  }),
  movePlaceAway: {
    en: 'Look at it, move it away, then start again; or name another socket with HOLDFAST_SOCKET.',
    de: 'Sieh es dir an, verschiebe es, dann starte neu; oder nenne mit HOLDFAST_SOCKET einen anderen Socket.',
  },
  socketNotMade: sentence<{ code: string }>({
    en: ({ code }) => `The control socket could not be made (${code}).`,
    de: ({ code }) => `Der Steuer-Socket ließ sich nicht anlegen (${code}).`,
  }),
  checkSocketFolder: {
    en: 'Check that its folder is yours and has room, or name another socket with HOLDFAST_SOCKET.',
    de: 'Prüfe, ob sein Ordner dir gehört und noch Platz hat, oder nenne mit HOLDFAST_SOCKET einen anderen Socket.',
  },
  answersAlready: sentence<{ socket: string; pid: number | null }>({
    en: ({ socket, pid }) => `An engine already answers at ${socket}${pid === null ? '' : ` (pid ${pid})`}.`,
    de: ({ socket, pid }) => `Unter ${socket}${pid === null ? '' : ` (PID ${pid})`} antwortet schon ein Dienst.`,
  }),
  useOrEnd: sentence<{ command: string | null }>({
    en: ({ command }) => `Use it as it is (holdfast status), or end it first${command === null ? '' : `: ${command}`}.`,
    de: ({ command }) =>
      `Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst${command === null ? '' : `: ${command}`}.`,
  }),
  useOrEndAt: sentence<{ command: string; socket: string }>({
    en: ({ command, socket }) =>
      `Use it as it is (holdfast status), or end it first: ${command}. Its control socket is ${socket}.`,
    de: ({ command, socket }) =>
      `Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst: ${command}. Sein Steuer-Socket ist ${socket}.`,
  }),
  lockNotMade: sentence<{ code: string }>({
    en: ({ code }) => `The engine's lock could not be made (${code}).`,
    de: ({ code }) => `Die Sperre des Dienstes ließ sich nicht anlegen (${code}).`,
  }),
  checkLockFolder: sentence<{ folder: string }>({
    en: ({ folder }) => `Check that ${folder} is yours and has room.`,
    de: ({ folder }) => `Prüfe, ob ${folder} dir gehört und noch Platz hat.`,
  }),
  runsAlready: sentence<{ configFile: string; pid: number | null }>({
    en: ({ configFile, pid }) =>
      `An engine already runs for ${configFile} (${pid === null ? 'another process' : `pid ${pid}`}).`,
    de: ({ configFile, pid }) =>
      `Für ${configFile} läuft schon ein Dienst (${pid === null ? 'ein anderer Prozess' : `PID ${pid}`}).`,
  }),
  removeLock: sentence<{ file: string }>({
    en: ({ file }) => `If there is none, remove ${file} and start again.`,
    de: ({ file }) => `Gibt es keinen, entferne ${file}, und starte neu.`,
  }),
  lockNotBelieved: sentence<{ file: string; why: Said }>({
    en: ({ file, why }, say) => `The lock ${file} is not believed: ${say(why)}.`,
    de: ({ file, why }, say) => `Der Sperre ${file} wird nicht geglaubt: ${say(why)}.`,
  }),
  haveLockRemoved: sentence<{ file: string }>({
    en: ({ file }) =>
      `Have it removed (rm ${file}, as its owner or root), or choose another place with HOLDFAST_SOCKET or HOLDFAST_STATE.`,
    de: ({ file }) =>
      `Lass sie entfernen (rm ${file}, als ihr Besitzer oder root), oder wähle mit HOLDFAST_SOCKET oder HOLDFAST_STATE einen anderen Ort.`,
  }),
  pathTooLong: sentence<{ bytes: number; most: number }>({
    en: ({ bytes, most }) => `The path of the control socket has ${bytes} bytes; the system takes ${most}.`,
    de: ({ bytes, most }) => `Der Pfad des Steuer-Sockets hat ${bytes} Bytes; das System nimmt ${most}.`,
  }),
  folderPathTooLong: sentence<{ bytes: number; most: number }>({
    en: ({ bytes, most }) =>
      `The path of the control socket's folder has ${bytes} bytes; with the private folder in which the socket is made the system takes ${most}.`,
    de: ({ bytes, most }) =>
      `Der Pfad zum Ordner des Steuer-Sockets hat ${bytes} Bytes; mit dem privaten Ordner, in dem der Socket entsteht, nimmt das System ${most}.`,
  }),
  shorterPath: {
    en: 'Name a shorter one with HOLDFAST_SOCKET.',
    de: 'Nenne mit HOLDFAST_SOCKET einen kürzeren.',
  },
  socketNotUsed: sentence<{ socket: string; why: Said }>({
    en: ({ socket, why }, say) => `The control socket ${socket} is not used: ${say(why)}.`,
    de: ({ socket, why }, say) => `Der Steuer-Socket ${socket} wird nicht benutzt: ${say(why)}.`,
  }),
  ownSocketFolder: {
    en: 'Put that right, or name a socket in a folder of your own with HOLDFAST_SOCKET.',
    de: 'Bring das in Ordnung, oder nenne mit HOLDFAST_SOCKET einen Socket in einem eigenen Ordner.',
  },

  // Why none is running: completes `notRunning`.
  noKeyLeft: {
    en: 'what answers there has left no key in the state folder',
    de: 'was dort antwortet, hat keinen Schlüssel im Ordner für den Zustand hinterlassen',
  },
  notProved: {
    en: 'what answers there did not prove that it is one',
    de: 'was dort antwortet, konnte sich nicht als Dienst ausweisen',
  },
  noSocketInPlace: {
    en: 'what is at the place of its control socket is not a socket',
    de: 'was an der Stelle seines Steuer-Sockets liegt, ist kein Socket',
  },
  socketOfOther: sentence<{ uid: number }>({
    en: ({ uid }) => `the control socket belongs to user id ${uid}`,
    de: ({ uid }) => `der Steuer-Socket gehört der Benutzer-ID ${uid}`,
  }),
  socketHasOtherName: {
    en: 'the control socket has another name too, and others may write its folder',
    de: 'der Steuer-Socket hat noch einen anderen Namen, und andere dürfen in seinen Ordner schreiben',
  },
  socketReplaced: {
    en: 'its control socket was replaced just now',
    de: 'sein Steuer-Socket wurde gerade eben ersetzt',
  },
  noSocket: { en: 'there is no control socket', de: 'einen Steuer-Socket gibt es nicht' },
  nobodyAnswers: {
    en: 'nobody answers at its control socket',
    de: 'an seinem Steuer-Socket antwortet niemand',
  },
  socketSays: sentence<{ code: string }>({
    en: ({ code }) => `the socket says ${code}`,
    de: ({ code }) => `der Socket meldet ${code}`,
  }),
  systemSays: sentence<{ code: string }>({ en: ({ code }) => code, de: ({ code }) => code }),

  // Why a socket or its folder is not used, or its place is taken.
  folderLeadsNowhere: sentence<{ folder: string }>({
    en: ({ folder }) => `the folder ${folder} is a link that leads nowhere`,
    de: ({ folder }) => `der Ordner ${folder} ist ein Verweis, der nirgendwohin führt`,
  }),
  folderIsLink: sentence<{ folder: string }>({
    en: ({ folder }) => `the folder ${folder} is a symbolic link`,
    de: ({ folder }) => `der Ordner ${folder} ist ein Verweis`,
  }),
  notAFolder: sentence<{ path: string }>({
    en: ({ path }) => `${path} is not a folder`,
    de: ({ path }) => `${path} ist kein Ordner`,
  }),
  folderNotYours: sentence<{ folder: string; uid: number }>({
    en: ({ folder, uid }) => `the folder ${folder} is not yours (uid ${uid})`,
    de: ({ folder, uid }) => `der Ordner ${folder} gehört nicht dir (UID ${uid})`,
  }),
  folderOpen: sentence<{ folder: string; command: string }>({
    en: ({ folder, command }) => `the folder ${folder} may be written by others; run: ${command}`,
    de: ({ folder, command }) => `in den Ordner ${folder} dürfen auch andere schreiben; führe aus: ${command}`,
  }),
  notASocket: sentence<{ path: string }>({
    en: ({ path }) => `${path} is not a socket`,
    de: ({ path }) => `${path} ist kein Socket`,
  }),
  ofOtherUser: sentence<{ path: string; uid: number }>({
    en: ({ path, uid }) => `${path} belongs to user id ${uid}`,
    de: ({ path, uid }) => `${path} gehört der Benutzer-ID ${uid}`,
  }),
  mayNotOpen: sentence<{ path: string; code: string }>({
    en: ({ path, code }) => `${path} may not be opened (${code})`,
    de: ({ path, code }) => `${path} darf nicht geöffnet werden (${code})`,
  }),

  // The panel.
  panelNotBuilt: {
    en: 'The pages of the panel are not built.',
    de: 'Die Seiten des Panels sind nicht gebaut.',
  },
  buildPanel: { en: 'Build them with: npm run build', de: 'So werden sie gebaut: npm run build' },
  panelElsewhere: sentence<{ port: number; asked: number }>({
    en: ({ port, asked }) => `The panel answers at port ${port} already, not at ${asked}.`,
    de: ({ port, asked }) => `Das Panel antwortet schon an Port ${port}, nicht an ${asked}.`,
  }),
  takePanelThere: {
    en: 'Take it there: holdfast panel. For another port end the engine and start it again.',
    de: 'Nimm es dort: holdfast panel. Für einen anderen Port beende den Dienst, und starte ihn neu.',
  },
  panelPortTaken: sentence<{ port: number }>({
    en: ({ port }) => `Port ${port} here is taken, so the panel cannot use it.`,
    de: ({ port }) => `Port ${port} hier ist belegt; das Panel kann ihn nicht nehmen.`,
  }),
  panelPortForbidden: sentence<{ port: number }>({
    en: ({ port }) => `Port ${port} here is not allowed, so the panel cannot use it.`,
    de: ({ port }) => `Port ${port} hier ist nicht erlaubt; das Panel kann ihn nicht nehmen.`,
  }),
  otherPanelPort: {
    en: 'Name another one with --panel-port, or leave it out for a free one.',
    de: 'Nenne einen anderen mit --panel-port, oder lass das weg und nimm einen freien.',
  },
};

export const engine = sayings('engine', engineSentences);

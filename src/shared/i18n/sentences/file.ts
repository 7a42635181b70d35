import { type Said, sayings, sentence } from '../said.ts';

/** Writing files, and the folder for state. */
export const fileSentences = {
  isLink: sentence<{ path: string; realPath: string }>({
    en: ({ path, realPath }) => `${path} is a link to ${realPath}, and nothing is written through a link.`,
    de: ({ path, realPath }) =>
      `${path} ist ein Verweis auf ${realPath}, und durch einen Verweis wird nichts geschrieben.`,
  }),
  changeItself: sentence<{ realPath: string }>({
    en: ({ realPath }) => `Change ${realPath} itself, or put a regular file in place of the link.`,
    de: ({ realPath }) => `Ändere ${realPath} selbst, oder setze eine gewöhnliche Datei an die Stelle des Verweises.`,
  }),
  leadsElsewhere: sentence<{ path: string; realPath: string; why: Said | string }>({
    en: ({ path, realPath, why }, say) => `${path} leads to ${realPath}, and nothing is written there: ${say(why)}.`,
    de: ({ path, realPath, why }, say) =>
      `${path} führt zu ${realPath}, und dort wird nichts geschrieben: ${say(why)}.`,
  }),
  putWayRight: sentence<{ realPath: string }>({
    en: ({ realPath }) => `Put that right, change ${realPath} itself, or put a regular file in place of the link.`,
    de: ({ realPath }) =>
      `Bring das in Ordnung, ändere ${realPath} selbst, oder setze eine gewöhnliche Datei an die Stelle des Verweises.`,
  }),
  notRegular: sentence<{ path: string }>({
    en: ({ path }) => `${path} is not a regular file.`,
    de: ({ path }) => `${path} ist keine gewöhnliche Datei.`,
  }),
  pointAtRegular: {
    en: 'Point the link at a regular file.',
    de: 'Lass den Verweis auf eine gewöhnliche Datei zeigen.',
  },
  moveAway: {
    en: 'Move it away, or name another file.',
    de: 'Verschiebe sie, oder nenne eine andere Datei.',
  },
  changedMeanwhile: sentence<{ path: string }>({
    en: ({ path }) => `${path} was changed by somebody else meanwhile; nothing was written.`,
    de: ({ path }) => `${path} wurde inzwischen von jemand anders geändert; es wurde nichts geschrieben.`,
  }),
  repeatChange: {
    en: 'Look at the new content and repeat the change.',
    de: 'Sieh dir den neuen Inhalt an, und ändere es noch einmal.',
  },
  notWritten: sentence<{ path: string; why: Said }>({
    en: ({ path, why }, say) => `${path} could not be written: ${say(why)}. It is unchanged.`,
    de: ({ path, why }, say) => `${path} ließ sich nicht schreiben: ${say(why)}. Die Datei ist unverändert.`,
  }),
  stateFolderUnusable: sentence<{ folder: string; why: Said }>({
    en: ({ folder, why }, say) => `The state folder ${folder} cannot be used: ${say(why)}.`,
    de: ({ folder, why }, say) => `Der Ordner ${folder} für den Zustand lässt sich nicht benutzen: ${say(why)}.`,
  }),
  otherStateFolder: {
    en: 'Put that right, set HOME to a folder of your own, or name another place for state with HOLDFAST_STATE.',
    de: 'Bring das in Ordnung, setze HOME auf einen eigenen Ordner, oder nenne mit HOLDFAST_STATE einen anderen Ort für den Zustand.',
  },

  // Why it could not be written, or used.
  systemSays: sentence<{ words: string }>({
    en: ({ words }) => `the system says ${words}`,
    de: ({ words }) => `das System sagt ${words}`,
  }),
  diskFull: { en: 'the disk is full', de: 'der Datenträger ist voll' },
  quotaUsedUp: { en: 'the disk quota is used up', de: 'der zugeteilte Platz ist aufgebraucht' },
  readOnly: { en: 'the file system is read-only', de: 'das Dateisystem ist schreibgeschützt' },
  folderNotWritable: {
    en: 'its folder may not be written',
    de: 'in ihren Ordner darf nicht geschrieben werden',
  },
  notPermitted: { en: 'the system does not permit it', de: 'das System erlaubt es nicht' },
  noFolder: { en: 'its folder does not exist', de: 'ihren Ordner gibt es nicht' },
  pathThroughFile: { en: 'a part of its path is not a folder', de: 'ein Teil ihres Pfades ist kein Ordner' },
  mayNotWriteThere: { en: 'you may not write there', de: 'dort darfst du nicht schreiben' },
  fileInPlace: { en: 'a file stands in its place', de: 'an seiner Stelle steht eine Datei' },
  fileInPlaceOrAbove: {
    en: 'a file stands in its place, or in that of a folder above it',
    de: 'an seiner Stelle oder der eines Ordners darüber steht eine Datei',
  },
  noSuchPlace: { en: 'there is no such place', de: 'diesen Ort gibt es nicht' },
  leadsNowhere: { en: 'it is a link that leads nowhere', de: 'er ist ein Verweis, der nirgendwohin führt' },

  // What to do.
  lookAtFolder: { en: 'Look at the folder and the disk.', de: 'Sieh dir den Ordner und den Datenträger an.' },
  makeRoom: { en: 'Make room and repeat it.', de: 'Schaffe Platz, und versuche es noch einmal.' },
  writablePlace: { en: 'Choose a place that can be written.', de: 'Wähle einen Ort, an den man schreiben darf.' },
  folderOwner: {
    en: 'Check who owns the folder and its mode.',
    de: 'Prüfe, wem der Ordner gehört und welche Rechte er hat.',
  },
  fileOwner: {
    en: 'Check who owns the file and whether it is locked or immutable.',
    de: 'Prüfe, wem die Datei gehört und ob sie gesperrt oder unveränderlich ist.',
  },
  makeFolder: { en: 'Make the folder first.', de: 'Lege zuerst den Ordner an.' },
  checkPath: { en: 'Check the path.', de: 'Prüfe den Pfad.' },
};

export const file = sayings('file', fileSentences);

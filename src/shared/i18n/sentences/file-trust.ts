import { type Said, sayings, sentence } from '../said.ts';

type Kind = 'file' | 'folder' | 'link';

const names: Readonly<Record<Kind, string>> = { file: 'die Datei', folder: 'der Ordner', link: 'der Verweis' };

/** Who else could have written a file, or put another in its place: each completes a sentence. */
export const fileTrustSentences = {
  othersOwn: sentence<{ kind: Kind; path: string; uid: number }>({
    en: ({ kind, path, uid }) => `the ${kind} ${path} belongs to another user (uid ${uid}); it must be yours or root's`,
    de: ({ kind, path, uid }) =>
      `${names[kind]} ${path} gehört einem anderen Benutzer (UID ${uid}); Besitzer musst du oder root sein`,
  }),
  mayBeWritten: sentence<{ kind: 'file' | 'folder'; path: string; by: 'group' | 'everybody'; command: string }>({
    en: ({ kind, path, by, command }) =>
      `the ${kind} ${path} may be written by ${by === 'group' ? 'its group' : 'everybody'}; run: ${command}`,
    de: ({ kind, path, by, command }) =>
      `in ${kind === 'file' ? 'die Datei' : 'den Ordner'} ${path} darf nicht nur ${kind === 'file' ? 'ihr' : 'sein'} Besitzer schreiben, sondern auch ${by === 'group' ? 'die Gruppe' : 'jeder andere'}; führe aus: ${command}`,
  }),
  hasOtherName: sentence<{ kind: 'file' | 'link'; path: string }>({
    en: ({ kind, path }) =>
      `the ${kind} ${path} has another name too, and others may write its folder; put a copy in its place`,
    de: ({ kind, path }) =>
      `${names[kind]} ${path} hat noch einen anderen Namen, und andere dürfen in ${kind === 'file' ? 'ihren' : 'seinen'} Ordner schreiben; setze eine Kopie an diese Stelle`,
  }),
  noLinksOnWindows: {
    en: 'nothing is written through a link on Windows',
    de: 'unter Windows wird durch einen Verweis nichts geschrieben',
  },
  othersMayWrite: sentence<{ path: string }>({
    en: ({ path }) => `others may write ${path}`,
    de: ({ path }) => `Schreibrecht haben auch andere in ${path}`,
  }),
  notThereYet: sentence<{ and: Said }>({
    en: ({ and }, say) => `it is not there yet, and ${say(and)}`,
    de: ({ and }, say) => `es gibt sie noch nicht, und ${say(and)}`,
  }),
  notLookedAt: sentence<{ path: string }>({
    en: ({ path }) => `${path} cannot be looked at`,
    de: ({ path }) => `${path} lässt sich nicht ansehen`,
  }),
};

export const fileTrust = sayings('fileTrust', fileTrustSentences);

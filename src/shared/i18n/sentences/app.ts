import { sayings, sentence } from '../said.ts';

/** The app around window and engine. */
export const appSentences = {
  onlyThisMachine: {
    en: 'Holdfast opens only addresses on this machine.',
    de: 'Holdfast öffnet nur Adressen auf diesem Rechner.',
  },
  copyAddress: {
    en: 'Copy the address and open it yourself.',
    de: 'Kopiere die Adresse, und öffne sie selbst.',
  },
  noQuestionWithAddress: {
    en: 'No open question has this address.',
    de: 'Keine offene Frage hat diese Adresse.',
  },
  loginMayBeOver: {
    en: 'The login may be over; look at the tunnel.',
    de: 'Die Anmeldung ist vielleicht vorbei; sieh nach dem Tunnel.',
  },
  /** `words`: the system's. */
  noProgramOpened: sentence<{ file: string; words: string }>({
    en: ({ file, words }) => `No program opened ${file}: ${words}`,
    de: ({ file, words }) => `Kein Programm hat ${file} geöffnet: ${words}`,
  }),
  openInEditor: {
    en: 'Open it in an editor of your choice.',
    de: 'Öffne sie in einem Editor deiner Wahl.',
  },
  engineEnded: { en: 'The engine ended by itself.', de: 'Der Dienst hat sich von selbst beendet.' },
  startEngine: {
    en: 'Start it again. The log says what it did last.',
    de: 'Starte ihn neu. Was er zuletzt tat, steht im Protokoll.',
  },
  engineStarting: { en: 'The engine is still starting.', de: 'Der Dienst startet noch.' },
  engineNotRunning: { en: 'The engine is not running.', de: 'Der Dienst läuft nicht.' },
  inAMoment: { en: 'Try again in a moment.', de: 'Versuche es gleich noch einmal.' },
  entryOfOther: sentence<{ file: string }>({
    en: ({ file }) => `${file} belongs to another program.`,
    de: ({ file }) => `${file} gehört einem anderen Programm.`,
  }),
  moveEntryAway: {
    en: 'Move it away, then switch the start at login on again.',
    de: 'Verschiebe sie, dann schalte den Start bei der Anmeldung wieder ein.',
  },

  // What pages send.
  notFromAPage: {
    en: 'This message does not come from a page of Holdfast.',
    de: 'Diese Nachricht kommt nicht von einer Seite von Holdfast.',
  },
  noPageCall: sentence<{ call: string }>({
    en: ({ call }) => `There is no call ${call} for a page.`,
    de: ({ call }) => `Für eine Seite gibt es keinen Aufruf ${call}.`,
  }),
  noDesktopCall: sentence<{ call: string }>({
    en: ({ call }) => `There is no desktop call ${call}.`,
    de: ({ call }) => `Einen Aufruf ${call} der App gibt es nicht.`,
  }),
  badInput: sentence<{ call: string }>({
    en: ({ call }) => `What was sent with ${call} does not fit the contract.`,
    de: ({ call }) => `Was mit ${call} gesendet wurde, passt nicht zum Vertrag.`,
  }),
  badAnswer: sentence<{ call: string }>({
    en: ({ call }) => `The answer to ${call} does not fit the contract.`,
    de: ({ call }) => `Die Antwort auf ${call} passt nicht zum Vertrag.`,
  }),
  faultOfWindow: {
    en: 'This is a fault of the window; see the log.',
    de: 'Das ist ein Fehler des Fensters; Genaueres steht im Protokoll.',
  },
};

export const app = sayings('app', appSentences);

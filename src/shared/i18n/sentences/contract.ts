import { type Said, sayings, sentence } from '../said.ts';

/** Between a shell and the engine: calls that do not fit, connections that end. */
export const contractSentences = {
  engineClosed: { en: 'The engine closed the connection.', de: 'Der Dienst hat die Verbindung beendet.' },
  seeWhetherItRuns: {
    en: 'See whether it still runs: holdfast status. Start it with: holdfast serve',
    de: 'Ob er noch läuft, zeigt: holdfast status. Starten lässt er sich mit: holdfast serve',
  },
  badAnswer: {
    en: "The engine's answer does not fit the contract.",
    de: 'Die Antwort des Dienstes passt nicht zum Vertrag.',
  },
  sameVersion: {
    en: 'Use the same version of Holdfast for the engine and the shell.',
    de: 'Nimm für Dienst und Fenster dieselbe Version von Holdfast.',
  },
  badAnswerAt: sentence<{ issues: readonly Said[] }>({
    en: ({ issues }, say) => `The engine's answer does not fit the contract: ${issues.map(say).join(', ')}.`,
    de: ({ issues }, say) => `Die Antwort des Dienstes passt nicht zum Vertrag: ${issues.map(say).join(', ')}.`,
  }),
  report: {
    en: 'This is a fault of Holdfast; please report it.',
    de: 'Das ist ein Fehler von Holdfast; bitte melde ihn.',
  },
  noCall: sentence<{ call: string }>({
    en: ({ call }) => `There is no call ${call}.`,
    de: ({ call }) => `Einen Aufruf ${call} gibt es nicht.`,
  }),
  theCallsAre: sentence<{ calls: readonly string[] }>({
    en: ({ calls }) => `The calls are: ${calls.join(', ')}.`,
    de: ({ calls }) => `Es gibt: ${calls.join(', ')}.`,
  }),
  helloFirst: {
    en: 'The first call of a connection must be hello.',
    de: 'Der erste Aufruf einer Verbindung muss hello sein.',
  },
  sayHello: sentence<{ version: number }>({
    en: ({ version }) => `Say hello with the contract version, which is ${version}.`,
    de: ({ version }) => `Sage hello mit der Version des Vertrags: ${version}.`,
  }),
  badInput: sentence<{ issues: readonly Said[] }>({
    en: ({ issues }, say) => `The input does not fit: ${issues.map(say).join(', ')}.`,
    de: ({ issues }, say) => `Die Eingabe passt nicht: ${issues.map(say).join(', ')}.`,
  }),
  /** `code`: as zod has it. */
  issue: sentence<{ place: string; code: string }>({
    en: ({ place, code }) => `${place === '' ? 'the whole' : place} (${code})`,
    de: ({ place, code }) => `${place === '' ? 'das Ganze' : place} (${code})`,
  }),
  whatItTakes: {
    en: 'See src/shared/contract/calls.ts for what the call takes.',
    de: 'Was der Aufruf nimmt, steht in src/shared/contract/calls.ts.',
  },
  otherContract: sentence<{ shell: number; engine: number }>({
    en: ({ shell, engine }) => `This shell speaks contract ${shell}, the engine contract ${engine}.`,
    de: ({ shell, engine }) => `Dieses Fenster spricht Vertrag ${shell}, der Dienst Vertrag ${engine}.`,
  }),
  sameForBoth: {
    en: 'Use the same version of Holdfast for both: end the engine and start the installed one.',
    de: 'Nimm für beide dieselbe Version von Holdfast: beende den Dienst, und starte den installierten.',
  },
  shellLeft: {
    en: 'The shell that made this call has left.',
    de: 'Wer diesen Aufruf machte, ist gegangen.',
  },
  nothingToDo: { en: 'Nothing needs to be done.', de: 'Es ist nichts zu tun.' },
};

export const contract = sayings('contract', contractSentences);

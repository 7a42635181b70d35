import { seconds } from '../parts.ts';
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
  // What a shell sent that is no request, or did not take.
  longRequest: sentence<{ most: number }>({
    en: ({ most }) => `A request is longer than ${most} bytes.`,
    de: ({ most }) => `Eine Anfrage ist länger als ${most} Byte.`,
  }),
  oneObjectALine: {
    en: 'Send one JSON object a line, within the limit.',
    de: 'Sende je Zeile ein JSON-Objekt, nicht länger als erlaubt.',
  },
  slowRequest: sentence<{ limitMs: number }>({
    en: ({ limitMs }) => `A request was begun and not completed within ${seconds(limitMs, 'en')}.`,
    de: ({ limitMs }) => `Eine Anfrage wurde begonnen und in ${seconds(limitMs, 'de')} nicht beendet.`,
  }),
  wholeLines: {
    en: 'Send each request as one line at once.',
    de: 'Sende jede Anfrage als eine Zeile auf einmal.',
  },
  noRequest: {
    en: 'A line is not a request: it must be a JSON object with id, call and input.',
    de: 'Eine Zeile ist keine Anfrage: ein JSON-Objekt mit „id“, „call“ und „input“ muss es sein.',
  },
  forExample: sentence<{ line: string }>({
    en: ({ line }) => `For example: ${line}`,
    de: ({ line }) => `Zum Beispiel: ${line}`,
  }),
  unread: sentence<{ what: 'events' | 'answers'; kib: number }>({
    en: ({ what, kib }) => `This shell did not read its ${what}: ${kib} KiB were waiting.`,
    de: ({ what, kib }) =>
      `Dieses Fenster hat seine ${what === 'events' ? 'Ereignisse' : 'Antworten'} nicht gelesen: ${kib} KiB warteten.`,
  }),
  connectAgain: {
    en: 'Connect again and take a fresh snapshot.',
    de: 'Verbinde dich neu, und hole den ganzen Stand.',
  },
  nothingToDo: { en: 'Nothing needs to be done.', de: 'Es ist nichts zu tun.' },
};

export const contract = sayings('contract', contractSentences);

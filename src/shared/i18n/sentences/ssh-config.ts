import { seconds } from '../parts.ts';
import { type Said, sayings, sentence } from '../said.ts';

/** Reading an ssh_config and taking hosts over from it. */
export const sshConfigSentences = {
  mayRunCommands: sentence<{ at: Said }>({
    en: ({ at }, say) => `Reading the file may run commands (${say(at)}): allow that first.`,
    de: ({ at }, say) => `Beim Lesen der Datei können Befehle laufen (${say(at)}): erlaube das zuerst.`,
  }),
  /** A note with the first of the aliases that it is about, and how many more there are. */
  about: sentence<{ aliases: readonly string[]; more: number; note: Said }>({
    en: ({ aliases, more, note }, say) => `${aliases.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${say(note)}`,
    de: ({ aliases, more, note }, say) =>
      `${aliases.join(', ')}${more > 0 ? ` und ${more} weitere` : ''}: ${say(note)}`,
  }),

  // Where reading the file may run a command.
  matchExec: sentence<{ file: string; line: number }>({
    en: ({ file, line }) => `${file} line ${line}: Match exec`,
    de: ({ file, line }) => `${file} Zeile ${line}: Match exec`,
  }),
  unclearLine: sentence<{ file: string; line: number }>({
    en: ({ file, line }) => `${file} line ${line}: only ssh itself can tell what it does`,
    de: ({ file, line }) => `${file} Zeile ${line}: nur ssh selbst kann sagen, was sie tut`,
  }),
  unclearInclude: sentence<{ file: string; line: number }>({
    en: ({ file, line }) => `${file} line ${line}: only ssh itself can tell what it includes`,
    de: ({ file, line }) => `${file} Zeile ${line}: nur ssh selbst kann sagen, was sie einbindet`,
  }),
  tooDeep: sentence<{ file: string; depth: number }>({
    en: ({ file, depth }) => `${file} is included ${depth} files deep`,
    de: ({ file, depth }) => `${file} wird ${depth} Dateien tief eingebunden`,
  }),
  tooManyFiles: sentence<{ most: number }>({
    en: ({ most }) => `it includes more than ${most} files`,
    de: ({ most }) => `sie bindet mehr als ${most} Dateien ein`,
  }),
  mayChange: sentence<{ file: string; why: Said }>({
    en: ({ file, why }, say) => `${file} may say something else by the time ssh reads it: ${say(why)}`,
    de: ({ file, why }, say) => `${file} kann etwas anderes enthalten, wenn ssh sie liest: ${say(why)}`,
  }),
  folderMayChange: sentence<{ folder: string; why: Said }>({
    en: ({ folder, why }, say) => `${folder} may hold other files by the time ssh reads it: ${say(why)}`,
    de: ({ folder, why }, say) => `${folder} kann andere Dateien enthalten, wenn ssh ihn liest: ${say(why)}`,
  }),
  wayNotLookedAt: { en: 'its way cannot be looked at', de: 'ihr Weg lässt sich nicht ansehen' },
  noWholeText: sentence<{ file: string }>({
    en: ({ file }) => `${file} is too large, or no file with a text of its own`,
    de: ({ file }) => `${file} ist zu groß oder keine Datei mit einem eigenen Text`,
  }),

  // Why an alias is skipped.
  atInName: {
    en: 'What stands before an @ is a user for ssh, so it never finds this name.',
    de: 'Was vor einem @ steht, ist für ssh ein Benutzer; diesen Namen findet es also nie.',
  },
  unsafeName: {
    en: 'ssh itself takes no name with a blank or such a character.',
    de: 'ssh selbst nimmt keinen Namen mit einem Leerzeichen oder einem solchen Zeichen.',
  },
  nameNotTaken: { en: 'ssh would not take that name.', de: 'ssh würde diesen Namen nicht nehmen.' },
  settingsNotTaken: sentence<{ why: Said }>({
    en: ({ why }, say) => `Its settings cannot be taken over: ${say(why)}.`,
    de: ({ why }, say) => `Seine Einstellungen lassen sich nicht übernehmen: ${say(why)}.`,
  }),
  otherHostOfName: {
    en: 'The configuration has another host of that name already.',
    de: 'Die Konfiguration hat schon einen anderen Host dieses Namens.',
  },
  thereAlready: { en: 'It is in the configuration already.', de: 'Er steht schon in der Konfiguration.' },
  notFilledIn: sentence<{ option: string; token: string }>({
    en: ({ option, token }) => `Its ${option} has ${token} in it, which ssh does not fill in there.`,
    de: ({ option, token }) => `In seinem ${option} steht ${token}; das füllt ssh dort nicht aus.`,
  }),
  jumpHostUnread: sentence<{ text: string }>({
    en: ({ text }) => `Its jump host ${JSON.stringify(text)} cannot be read.`,
    de: ({ text }) => `Sein Zwischenhost „${text}“ ist nicht zu lesen.`,
  }),
  circle: sentence<{ host: string }>({
    en: ({ host }) => `The jump hosts go in a circle, at ${host}.`,
    de: ({ host }) => `Die Zwischenhosts gehen im Kreis, bei ${host}.`,
  }),
  tooManyHops: sentence<{ most: number }>({
    en: ({ most }) => `The way has more than ${most} jump hosts.`,
    de: ({ most }) => `Der Weg hat mehr als ${most} Zwischenhosts.`,
  }),
  ofJumpHost: sentence<{ host: string; why: Said }>({
    en: ({ host, why }, say) => `Its jump host ${host}: ${say(why)}`,
    de: ({ host, why }, say) => `Sein Zwischenhost ${host}: ${say(why)}`,
  }),
  notInstalled: sentence<{ program: string }>({
    en: ({ program }) => `${program} is not installed.`,
    de: ({ program }) => `${program} ist nicht installiert.`,
  }),
  nobodyWaits: {
    en: 'Nobody waits for the answer any more.',
    de: 'Auf die Antwort wartet niemand mehr.',
  },
  noAnswer: sentence<{ limitMs: number }>({
    en: ({ limitMs }) => `ssh -G gave no answer within ${seconds(limitMs, 'en')}.`,
    de: ({ limitMs }) => `ssh -G hat in ${seconds(limitMs, 'de')} nicht geantwortet.`,
  }),
  /** `words`: its own. */
  sshSays: sentence<{ words: Said | string }>({
    en: ({ words }, say) => `ssh says: ${say(words)}`,
    de: ({ words }, say) => `ssh sagt: ${say(words)}`,
  }),
  endedSilently: { en: 'ssh -G ended without a word', de: 'ssh -G endete ohne ein Wort' },

  // What should be known of a host that was taken over.
  calledHere: sentence<{ name: string }>({
    en: ({ name }) => `it is called ${name} here.`,
    de: ({ name }) => `er heißt hier ${name}.`,
  }),
  allAddresses: sentence<{ forward: string }>({
    en: ({ forward }) => `${forward} listens at all addresses, not only for this machine.`,
    de: ({ forward }) => `${forward} lauscht an allen Adressen, nicht nur für diesen Rechner.`,
  }),
  noKeyFile: sentence<{ file: string }>({
    en: ({ file }) => `the key file ${file} is not there.`,
    de: ({ file }) => `die Schlüsseldatei ${file} gibt es nicht.`,
  }),
};

export const sshConfig = sayings('sshConfig', sshConfigSentences);

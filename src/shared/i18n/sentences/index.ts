/**
 * sentences: what the engine finds out, as sentences in both languages, one module a subject. Facts are made with the module's makers
 * (`dial.noRoute({ to })`), travel as data, and are said by `tell`.
 */

import type { Given, Language, Plain, Said, Say, Sentences, Spoken } from '../said.ts';
import { isSaid } from '../said.ts';
import { appSentences } from './app.ts';
import { contractSentences } from './contract.ts';
import { dialSentences } from './dial.ts';
import { engineSentences } from './engine.ts';
import { faultSentences } from './fault.ts';
import { fileSentences } from './file.ts';
import { fileTrustSentences } from './file-trust.ts';
import { secretSentences } from './secret.ts';
import { serverSentences } from './server.ts';
import { sshCommandSentences } from './ssh-command.ts';
import { sshConfigSentences } from './ssh-config.ts';
import { sshOptionSentences } from './ssh-option.ts';

const subjects: ReadonlyMap<string, Sentences> = new Map<string, Sentences>([
  ['app', appSentences],
  ['contract', contractSentences],
  ['dial', dialSentences],
  ['engine', engineSentences],
  ['fault', faultSentences],
  ['file', fileSentences],
  ['fileTrust', fileTrustSentences],
  ['secret', secretSentences],
  ['server', serverSentences],
  ['sshCommand', sshCommandSentences],
  ['sshConfig', sshConfigSentences],
  ['sshOption', sshOptionSentences],
]);

/** Sentences within sentences; an engine never goes so deep. */
const deepest = 8;

/** A fact in a language; null if this build does not know it, or not with what is put in (another version of the engine). */
export function tell(said: Said, language: Language): string | null {
  try {
    return told(said, language, 0);
  } catch {
    return null;
  }
}

/** A fact that was made here, in English: the language of the log, the command and `Cause`. */
export function inEnglish(said: Said): string {
  return told(said, 'en', 0);
}

/** Every sentence, for tests. */
export function allSentences(): readonly { readonly id: string; readonly words: Plain | Spoken<never> }[] {
  return [...subjects].flatMap(([subject, sentences]) =>
    Object.entries(sentences).map(([name, words]) => ({ id: `${subject}.${name}`, words })),
  );
}

function told(said: Said, language: Language, depth: number): string {
  if (depth > deepest) throw new Error('a sentence within sentences without end');
  const [subject = '', name = ''] = said.id.split('.');
  const sentences = subjects.get(subject);
  const words = sentences !== undefined && Object.hasOwn(sentences, name) ? sentences[name] : undefined;
  if (words === undefined) throw new Error(`no sentence ${said.id}`);
  const way = words[language];
  if (typeof way === 'string') return way;
  const say: Say = (part) => (isPart(part) ? told(part, language, depth + 1) : String(part));
  // The makers are typed by the sentence; what comes over a socket is looked at by nothing but the try of `tell`.
  const put: Readonly<Record<string, Given>> = said.given;
  return way(put as never, say);
}

function isPart(part: string | number | Said): part is Said {
  return isSaid(part);
}

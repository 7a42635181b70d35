/**
 * A sentence as a fact: which one it is, and what is put in. Whoever finds out makes it; whoever shows it says it in a language. Foreign text (names,
 * paths, a server's words) is put in as a string and stays as it is; a sentence within a sentence is put in as a fact and is said in the same language.
 */

export type Language = 'en' | 'de';

/** A sentence with what is put in. Plain data: it goes over sockets and between processes. */
export interface Said {
  /** `subject.name`, from src/shared/i18n/sentences. */
  readonly id: string;
  readonly given: Readonly<Record<string, Given>>;
}

/** What may be put into a sentence. */
export type Given = string | number | boolean | null | Said | readonly Given[];

/** Says a part in the language of the whole: a sentence is told, anything else stays as it is. */
export type Say = (part: string | number | Said) => string;

/** A sentence without anything put in. */
export interface Plain {
  readonly en: string;
  readonly de: string;
}

/** A sentence made of what is put in. Leaving a language out does not compile. */
export interface Spoken<Put> {
  readonly en: (put: Put, say: Say) => string;
  readonly de: (put: Put, say: Say) => string;
}

/** The sentences of one subject, by name. */
export type Sentences = Readonly<Record<string, Plain | Spoken<never>>>;

/** Makes the facts of a subject: one function a sentence, which takes what is put in. */
export type Sayings<All extends Sentences> = {
  readonly [Name in keyof All]: All[Name] extends Spoken<infer Put> ? (put: Put) => Said : () => Said;
};

/** A sentence into which `Put` is put. */
export function sentence<Put extends Readonly<Record<keyof Put, Given>>>(spoken: Spoken<Put>): Spoken<Put> {
  return spoken;
}

/** The makers of a subject's facts. */
export function sayings<All extends Sentences>(subject: string, all: All): Sayings<All> {
  const makers: Record<string, (put?: Said['given']) => Said> = {};
  for (const name of Object.keys(all)) makers[name] = (put = {}) => ({ id: `${subject}.${name}`, given: put });
  return makers as Sayings<All>;
}

/** The same fact with `change` applied to every string that is put in, also in sentences within it. */
export function withStrings(said: Said, change: (text: string) => string): Said {
  const changed = (given: Given): Given => {
    if (typeof given === 'string') return change(given);
    if (Array.isArray(given)) return (given as readonly Given[]).map(changed);
    return isSaid(given) ? withStrings(given, change) : given;
  };
  return {
    id: said.id,
    given: Object.fromEntries(Object.entries(said.given).map(([key, put]) => [key, changed(put)])),
  };
}

/** True for a sentence among what is put in. */
export function isSaid(given: Given): given is Said {
  return typeof given === 'object' && given !== null && 'id' in given;
}

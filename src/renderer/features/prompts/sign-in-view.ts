import type { Prompt, PromptField, SignInDetails } from '../../../shared/model/prompt.ts';

/** What a question for secrets shows, apart from its words. */
export interface SignInView {
  readonly kind: 'code' | 'password' | 'passphrase';
  /** The locked key's file; empty for the other kinds. */
  readonly keyFile: string;
  /** The server's own words for the box; empty: no box. */
  readonly serverSays: string;
  /** In the server's order; a label is one line where it stands alone. */
  readonly fields: readonly PromptField[];
  readonly accepted: readonly string[];
  readonly refused: SignInDetails['refused'];
  /** A new password is asked for, twice, in place of one that has expired; else null. */
  readonly newPassword: NonNullable<SignInDetails['newPassword']> | null;
  /** How many answers are left, once one was wrong; else null. */
  readonly triesLeft: number | null;
}

/**
 * A label of several lines is what many second factors send as a whole: its last line stays the label, the lines before go to the box. Nothing is
 * cut.
 */
export function signInView(prompt: Prompt): SignInView {
  const kind = prompt.kind === 'password' || prompt.kind === 'passphrase' ? prompt.kind : 'code';
  const [only, ...others] = prompt.fields;
  const split = only !== undefined && others.length === 0 ? splitLabel(only.label) : null;
  const said = kind === 'passphrase' ? '' : (prompt.signIn?.serverText ?? withoutLabels(prompt));
  return {
    kind,
    keyFile: prompt.signIn?.keyFile ?? '',
    serverSays: [said, split?.before ?? ''].filter((text) => text.trim() !== '').join('\n'),
    fields: split === null || only === undefined ? prompt.fields : [{ ...only, label: split.label }],
    accepted: prompt.signIn?.accepted ?? [],
    refused: prompt.signIn?.refused ?? null,
    newPassword: prompt.signIn?.newPassword ?? null,
    triesLeft: prompt.round > 1 ? (prompt.signIn?.triesLeft ?? null) : null,
  };
}

/** Takes the last line that says something off a label. */
export function splitLabel(label: string): { readonly before: string; readonly label: string } {
  const text = label.trimEnd();
  const at = text.lastIndexOf('\n');
  return { before: at < 0 ? '' : text.slice(0, at).trimEnd(), label: text.slice(at + 1).trim() };
}

/** A message is the server's words and then the labels; where only it is known, what is no label is said. */
function withoutLabels({ message, fields }: Prompt): string {
  const labels = fields.map(({ label }) => label.trim()).join('\n');
  return message.endsWith(labels) ? message.slice(0, message.length - labels.length).trimEnd() : message;
}

/** A code as people copy it: without blanks around it, and without those that group its digits. Anything else stays as it is. */
export function pastedCode(text: string): string {
  const trimmed = text.trim();
  return /^\d+(?:\s+\d+)+$/u.test(trimmed) ? trimmed.replaceAll(/\s+/gu, '') : trimmed;
}

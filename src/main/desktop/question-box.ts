import type { QuestionTexts } from '../../shared/i18n/questions-en.ts';
import { cleanText } from '../../shared/model/clean-text.ts';
import type { Prompt } from '../../shared/model/prompt.ts';

/** A question as the system's message box asks it. */
export interface QuestionBox {
  readonly type: 'warning' | 'question';
  readonly message: string;
  readonly detail: string;
  readonly buttons: string[];
  /** What each button answers. */
  readonly answers: readonly ('yes' | 'no' | 'once')[];
  /** The safe one is the default, and what Esc does. */
  readonly defaultId: number;
  readonly cancelId: number;
}

/**
 * The box for a question that has only buttons, in the words of its window. Null: it has fields, or its key cannot be shown, and without the
 * fingerprint nobody is asked to trust.
 */
export function questionBox(texts: QuestionTexts, prompt: Prompt, platform: NodeJS.Platform): QuestionBox | null {
  if (prompt.kind === 'host-key') {
    const key = prompt.hostKey;
    if (key === null || key.fingerprint.trim() === '') return null;
    const words = texts.hostKey;
    const [, , ...warnings] = prompt.message.split('\n');
    const others = key.otherNames.length === 0 ? words.sameKeyNone : texts.and(key.otherNames);
    const detail = [
      words.lead,
      `${words.caption(key.keyType)}:\n${key.fingerprint}`,
      [
        `${words.address}: ${prompt.address}`,
        ...(prompt.tunnels.length === 0 ? [] : [`${words.forWhom}: ${texts.and(prompt.tunnels)}`]),
        `${words.sameKey}: ${others}`,
      ].join('\n'),
      warnings.map(texts.engineSays).join('\n').trim(),
      words.compare,
    ];
    return box(
      'warning',
      words.title(prompt.hop),
      detail,
      [
        ['no', words.refuse],
        ['once', words.once],
        ['yes', words.trust],
      ],
      platform,
    );
  }
  if (prompt.elsewhere !== null) {
    const words = texts.elsewhere;
    const said = prompt.elsewhere.serverText.trim();
    return box(
      'question',
      words.title(prompt.hop),
      [said === '' ? words.silent(prompt.hop) : `${texts.signIn.serverSays}:\n${said}`, words.hint],
      [
        ['no', words.stop],
        ['yes', texts.confirm.yes],
      ],
      platform,
    );
  }
  if (prompt.kind === 'confirm') {
    const words = texts.confirm;
    return box(
      'question',
      words.title(prompt.hop),
      [prompt.message],
      [
        ['no', words.no],
        ['yes', words.yes],
      ],
      platform,
    );
  }
  return null;
}

/** `choices`: the safe one first. Electron lays buttons out from the left, on macOS from the right; Windows has the safe one last. */
function box(
  type: QuestionBox['type'],
  message: string,
  parts: readonly string[],
  choices: readonly (readonly [QuestionBox['answers'][number], string])[],
  platform: NodeJS.Platform,
): QuestionBox {
  const ordered = platform === 'win32' || platform === 'darwin' ? [...choices].reverse() : choices;
  const safe = ordered.findIndex(([answer]) => answer === 'no');
  return {
    type,
    message: cleanText(message),
    detail: cleanText(parts.filter((part) => part !== '').join('\n\n')),
    buttons: ordered.map(([, label]) => label),
    answers: ordered.map(([answer]) => answer),
    defaultId: safe,
    cancelId: safe,
  };
}

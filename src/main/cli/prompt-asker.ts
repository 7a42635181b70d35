import type { CallInput } from '../../shared/contract/calls.ts';
import type { Catalogue } from '../../shared/i18n/index.ts';
import { cleanLine, cleanText } from '../../shared/model/clean-text.ts';
import { assertNever } from '../../shared/model/failure.ts';
import type { HostKeyDetails, Prompt } from '../../shared/model/prompt.ts';
import type { CommandContext } from './command.ts';
import { askLine } from './line-input.ts';
import { type OutputStream, questionStream } from './terminal.ts';

export type Answer = CallInput<'answer'>['answer'];

/** The answer, or: the person put the question aside; it was answered or withdrawn elsewhere. */
export type AskResult = Answer | 'put-aside' | 'gone';

/**
 * Asks one prompt at the terminal. Who asks is said in our own words (`user@host:port`, the tunnel); the server's words stand in a box of their
 * own. Aborting the signal withdraws it.
 */
export async function askPrompt(
  context: CommandContext,
  prompt: Prompt,
  signal: AbortSignal,
  remember = false,
): Promise<AskResult> {
  const stream = questionStream(context.terminal);
  if (stream === null) return 'put-aside';
  const asker = new Asker(context, prompt, signal, stream);
  const result = await asker.ask(remember);
  if (result === 'gone') {
    const { prompts } = context.texts;
    context.out.note(signal.reason === 'withdrawn' ? prompts.withdrawn : prompts.elsewhere);
  }
  return result;
}

class Asker {
  readonly #context: CommandContext;
  readonly #prompt: Prompt;
  readonly #signal: AbortSignal;
  readonly #texts: Catalogue['prompts'];
  /** Questions go where a person sees them, even if standard output is piped. */
  readonly #stream: OutputStream;

  constructor(context: CommandContext, prompt: Prompt, signal: AbortSignal, stream: OutputStream) {
    this.#context = context;
    this.#prompt = prompt;
    this.#signal = signal;
    this.#texts = context.texts.prompts;
    this.#stream = stream;
  }

  async ask(remember: boolean): Promise<AskResult> {
    for (const line of describePrompt(this.#prompt, this.#context.texts)) this.#say(line);
    switch (this.#prompt.kind) {
      case 'host-key':
        return this.#askHostKey();
      case 'confirm':
        return this.#askConfirm();
      case 'password':
      case 'passphrase':
      case 'otp':
        return this.#askFields(remember);
      default:
        return assertNever(this.#prompt.kind);
    }
  }

  #say(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  async #askHostKey(): Promise<AskResult> {
    const fingerprint = this.#prompt.hostKey?.fingerprint ?? null;
    for (;;) {
      const line = await this.#line(this.#texts.hostKeyChoice, true);
      if (typeof line !== 'object') return line;
      const choice = line.text.trim();
      if (choice === 'yes' || choice === 'no' || choice === 'once') return { kind: choice };
      if (fingerprint !== null && choice === fingerprint) {
        this.#say(this.#texts.theSame);
        return { kind: 'yes' };
      }
      this.#say(/^(?:SHA256:|MD5:)/i.test(choice) ? this.#texts.notTheSame : this.#texts.hostKeyAgain);
    }
  }

  async #askConfirm(): Promise<AskResult> {
    for (;;) {
      const choices = this.#prompt.elsewhere === null ? this.#texts.confirmChoice : this.#texts.elsewhereChoice;
      const line = await this.#line(choices, true);
      if (typeof line !== 'object') return line;
      const choice = line.text.trim();
      if (choice === 'yes' || choice === 'no') return { kind: choice };
      this.#say(this.#texts.confirmAgain);
    }
  }

  async #askFields(remember: boolean): Promise<AskResult> {
    const values: string[] = [];
    for (const field of this.#prompt.fields) {
      const line = await this.#line(this.#label(field.label), field.echo);
      if (typeof line !== 'object') return line;
      values.push(line.text);
    }
    return { kind: 'values', values, remember: remember && this.#prompt.mayRemember };
  }

  #label(label: string): string {
    const shown = cleanLine(label, 200).trim();
    // The server's words stay marked as such here too.
    if (shown !== '')
      return this.#prompt.kind === 'passphrase' ? `${shown.replace(/:$/, '')}: ` : `${serverMark}${shown} `;
    switch (this.#prompt.kind) {
      case 'password':
        return this.#texts.passwordLabel;
      case 'passphrase':
        return this.#texts.passphraseLabel;
      default:
        return this.#texts.codeLabel;
    }
  }

  async #line(label: string, echo: boolean): Promise<{ readonly text: string } | 'put-aside' | 'gone'> {
    const result = await askLine(this.#context.terminal.stdin, this.#stream, label, { echo, signal: this.#signal });
    switch (result.kind) {
      case 'line':
        return { text: result.text };
      case 'ended':
        return 'put-aside';
      case 'withdrawn':
        return 'gone';
      default:
        return assertNever(result);
    }
  }
}

/** The heading and what there is to see before answering. */
export function describePrompt(prompt: Prompt, texts: Catalogue): string[] {
  const words = texts.prompts;
  const tunnels = prompt.tunnels.length === 0 ? '' : ` (${prompt.tunnels.join(', ')})`;
  const lines = [
    '',
    `── ${cleanLine(prompt.user)}@${cleanLine(prompt.address)}${tunnels} · ${words.kinds[prompt.kind]}`,
  ];
  if (prompt.hop !== prompt.host) lines.push(words.hop(prompt.hop, prompt.host));
  if (prompt.round > 1) lines.push(words.again);
  if (prompt.hostKey !== null) lines.push(...describeHostKey(prompt.hostKey, texts), ...warningsOf(prompt));
  else if (prompt.message.trim() !== '') lines.push(...messageLines(prompt, texts));
  // Our own list of what stands in the server's words: whole, plain, each alone on its line.
  if (prompt.addresses.length > 0)
    lines.push(words.openIt, ...prompt.addresses.map((address) => `  ${cleanLine(address)}`));
  return lines;
}

function describeHostKey(key: HostKeyDetails, texts: Catalogue): string[] {
  const words = texts.prompts;
  return [
    words.firstContact,
    words.key(cleanLine(key.keyType)),
    `  ${cleanLine(key.fingerprint)}`,
    ...cleanText(key.randomart)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `  ${line}`),
    key.otherNames.length === 0
      ? words.noOtherNames
      : words.otherNames(key.otherNames.map((each) => cleanLine(each)).join(', ')),
    ...(key.file === '' ? [] : [words.savedTo(cleanLine(key.file))]),
  ];
}

/** The first two lines of the message say what was said in our own words; what follows are warnings of the engine. */
function warningsOf(prompt: Prompt): string[] {
  return cleanText(prompt.message).split('\n').slice(2);
}

/** A password may be asked for by keyboard-interactive: then the words are the server's, as those of a code always are. */
function messageLines(prompt: Prompt, texts: Catalogue): string[] {
  switch (prompt.kind) {
    case 'otp':
      return boxed(prompt.message, texts.prompts.serverSays);
    case 'password':
      return boxed(prompt.message, texts.prompts.itsWords);
    case 'confirm':
      return prompt.elsewhere === null
        ? [cleanText(prompt.message)]
        : [
            ...(prompt.elsewhere.serverText.trim() === ''
              ? [texts.status.silentElsewhere(prompt.hop)]
              : boxed(prompt.elsewhere.serverText, texts.prompts.serverSays)),
            texts.prompts.elsewhereHint,
          ];
    case 'passphrase':
    case 'host-key':
      return [cleanText(prompt.message)];
    default:
      return assertNever(prompt.kind);
  }
}

const serverMark = '  │ ';

/** Every line is marked, so that the server's words cannot pose as ours. */
function boxed(text: string, heading: string): string[] {
  const lines = cleanText(text).trimEnd().split('\n');
  return [`  ┌ ${heading}`, ...lines.map((line) => `${serverMark}${line}`), '  └'];
}

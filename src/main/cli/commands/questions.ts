import type { CallInput } from '../../../shared/contract/calls.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Prompt } from '../../../shared/model/prompt.ts';
import type { ControlClient } from '../../engine/control/control-client.ts';
import { booleanOption, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readLines } from '../line-input.ts';
import { askPrompt, type Answer } from '../prompt-asker.ts';
import { formatTable } from '../style.ts';
import { questionStream } from '../terminal.ts';

/** prompts and answer. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  return input.command.name === 'prompts' ? listPrompts(context, input) : answerPrompt(context, input);
}

async function listPrompts(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('prompts', 'prompts takes no names.');
  const client = await context.connect();
  const prompts = await client.call('prompts', {});
  const { out, texts } = context;
  if (booleanOption(input, 'ids')) {
    for (const prompt of prompts) out.print(prompt.id);
    return exitCodes.done;
  }
  if (context.json) {
    out.json(prompts.map((prompt) => promptRow(prompt)));
    return exitCodes.done;
  }
  if (prompts.length === 0) {
    out.print(texts.prompts.none);
    return exitCodes.done;
  }
  const { headings } = texts;
  const rows = prompts.map((prompt) => [
    prompt.id,
    texts.prompts.kinds[prompt.kind],
    prompt.tunnels.join(', '),
    `${prompt.user}@${prompt.address}`,
    cleanLine(
      prompt.hostKey === null ? prompt.message : `${prompt.hostKey.keyType} ${prompt.hostKey.fingerprint}`,
      160,
    ),
  ]);
  const head = [headings.id, headings.kind, headings.tunnel, headings.address, headings.question];
  for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  return exitCodes.done;
}

/** A prompt for scripts: `tunnel` is the one that asked first. */
function promptRow(prompt: Prompt) {
  const { id, kind, tunnels, host, hop, address, message, user } = prompt;
  const { fields, hostKey, round, mayRemember, askedAtMs, addresses } = prompt;
  const tunnel = tunnels[0] ?? '';
  return {
    id,
    kind,
    tunnel,
    host,
    hop,
    address,
    message,
    tunnels,
    user,
    fields,
    hostKey,
    round,
    mayRemember,
    askedAtMs,
    addresses,
  };
}

const words = ['yes', 'no', 'once'] as const;

async function answerPrompt(context: CommandContext, input: CommandInput): Promise<number> {
  const [id, word, ...rest] = input.positionals;
  const cancel = booleanOption(input, 'cancel');
  const remember = booleanOption(input, 'remember');
  if (id === undefined) throw usageError('answer', 'Which question? Give its id; see: holdfast prompts');
  if (rest.length > 0) throw usageError('answer', 'One id and one answer.');
  const choice = words.find((each) => each === word);
  // The word may be a secret that was meant for standard input: it is not repeated.
  if (word !== undefined && choice === undefined)
    throw usageError(
      'answer',
      'A question is answered with yes, no or once; codes and passwords go to standard input.',
    );
  if (cancel && word !== undefined) throw usageError('answer', 'Either an answer or --cancel.');
  if (remember && (cancel || word !== undefined))
    throw usageError('answer', '--remember goes with a password or passphrase.');

  const client = await context.connect();
  const prompt = await findPrompt(client, id);
  const answer = cancel ? ({ kind: 'cancel' } as const) : await chosenAnswer(context, client, prompt, choice, remember);
  if (answer === null) return exitCodes.waitsForPerson;
  await client.call('answer', { id: prompt.id, answer });
  if (context.json) context.out.json({ id: prompt.id, answered: answer.kind });
  else
    context.out.print(cancel ? context.texts.prompts.cancelled(prompt.id) : context.texts.prompts.answered(prompt.id));
  return exitCodes.done;
}

async function findPrompt(client: ControlClient, id: string): Promise<Prompt> {
  const prompts = await client.call('prompts', {});
  const prompt = prompts.find((each) => each.id === id);
  if (prompt !== undefined) return prompt;
  throw new HoldfastError({
    code: 'not-found',
    where: `prompt ${cleanLine(id, 64)}`,
    message: `There is no open prompt ${cleanLine(id, 64)}.`,
    next: 'See the open ones with: holdfast prompts',
  });
}

/** null: the person at the terminal put the question aside. */
async function chosenAnswer(
  context: CommandContext,
  client: ControlClient,
  prompt: Prompt,
  choice: (typeof words)[number] | undefined,
  remember: boolean,
): Promise<Answer | null> {
  const isQuestion = prompt.kind === 'host-key' || prompt.kind === 'confirm';
  if (choice !== undefined) {
    if (!isQuestion)
      throw usageError(
        'answer',
        `Prompt ${prompt.id} asks for a ${context.texts.prompts.kinds[prompt.kind]}: one line a field on standard input.`,
      );
    if (choice === 'once' && prompt.kind === 'confirm')
      throw usageError('answer', `Prompt ${prompt.id} is answered with yes or no.`);
    return { kind: choice };
  }
  if (questionStream(context.terminal) !== null) return askHere(context, client, prompt, remember);
  if (isQuestion)
    throw usageError(
      'answer',
      `Prompt ${prompt.id} is answered with ${prompt.kind === 'host-key' ? 'yes, no or once' : 'yes or no'}.`,
    );
  if (remember && !prompt.mayRemember) throw usageError('answer', `The answer to prompt ${prompt.id} cannot be kept.`);
  const values = await readLines(context.terminal.stdin, prompt.fields.length);
  if (values.length < prompt.fields.length)
    throw usageError(
      'answer',
      `Prompt ${prompt.id} has ${prompt.fields.length} ${prompt.fields.length === 1 ? 'field' : 'fields'}: one line each on standard input.`,
    );
  return { kind: 'values', values, remember } satisfies CallInput<'answer'>['answer'];
}

async function askHere(
  context: CommandContext,
  client: ControlClient,
  prompt: Prompt,
  remember: boolean,
): Promise<Answer | null> {
  const abort = new AbortController();
  const subscription = client.onDidEvent((event) => {
    if (event.kind === 'prompt-closed' && event.id === prompt.id) abort.abort(event.end);
  });
  const closed = client.onDidClose(() => abort.abort('withdrawn'));
  try {
    await client.call('subscribe', { tunnels: false, prompts: true, log: false, logTunnel: null });
    // It may have closed before the subscription.
    await findPrompt(client, prompt.id);
    const result = await askPrompt(context, prompt, abort.signal, remember);
    if (result === 'put-aside') context.out.note(context.texts.prompts.staysOpen(prompt.id));
    if (result === 'gone') await findPrompt(client, prompt.id);
    return typeof result === 'string' ? null : result;
  } finally {
    subscription.dispose();
    closed.dispose();
  }
}

import { dialog, type MessageBoxOptions, type MessageBoxReturnValue } from 'electron';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import type { Cause } from '../../shared/model/failure.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import { questionBox } from './question-box.ts';

/** The system's own message boxes: for what must be said when no page of ours can. */

/** On Linux a box has no title but the one it is given, and the task bar no name for it. */
function showBox(options: MessageBoxOptions): Promise<MessageBoxReturnValue> {
  return dialog.showMessageBox({ title: 'Holdfast', noLink: true, ...options });
}

/** True: quit although programs are connected. */
export async function askQuit(texts: DesktopTexts, clients: number, names: readonly string[]): Promise<boolean> {
  const { response } = await showBox({
    type: 'question',
    message: texts.quit.title(clients),
    detail: texts.quit.detail(names.join(', ')),
    buttons: [texts.quit.stay, texts.quit.quit],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

/** True: stop these tunnels although production depends on them. */
export async function askStop(texts: DesktopTexts, names: readonly string[], clients: number): Promise<boolean> {
  const { stop } = texts;
  const [only = ''] = names;
  const isOne = names.length === 1;
  const { response } = await showBox({
    type: 'warning',
    message: isOne ? stop.titleProduction(only) : stop.titleManyProduction(names.length),
    detail: clients === 0 ? stop.nobody : `${stop.clients(clients)} ${stop.closes}`,
    buttons: [stop.keep, isOne ? stop.stopOf(only) : stop.stopMany(names.length)],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

/** True: install the newer version although tunnels are up. */
export async function askUpdate(texts: DesktopTexts, version: string, tunnelsUp: number): Promise<boolean> {
  const { update } = texts;
  const { response } = await showBox({
    type: 'question',
    message: update.title(version),
    detail: update.detail(tunnelsUp),
    buttons: [update.later, update.install],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

/** A question that has only buttons, for when its window cannot load. Null: it cannot be asked like this. `gone`: the question is over, and the box goes. */
export async function askInBox(
  texts: DesktopTexts,
  prompt: Prompt,
  gone: AbortSignal,
): Promise<'yes' | 'no' | 'once' | null> {
  const box = questionBox(texts.questions, prompt, process.platform);
  if (box === null) return null;
  const { answers, ...options } = box;
  const { response } = await showBox({ ...options, signal: gone });
  return answers[response] ?? 'no';
}

/** True: open this address out of a server's words. Here it is seen in full, whatever the page showed. */
export async function askOpenAddress(texts: DesktopTexts, prompt: Prompt, address: string): Promise<boolean> {
  const words = texts.questions.elsewhere;
  const { response } = await showBox({
    type: 'warning',
    message: words.boxTitle,
    detail: `${address}\n\n${words.boxDetail(prompt.hop)}`,
    buttons: [words.boxCancel, words.boxOpen],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

/** The engine does not run; what next. */
export async function askEngineGone(
  texts: DesktopTexts,
  causes: readonly Cause[],
): Promise<'again' | 'config' | 'quit'> {
  const { engine, causeSays, stepSays } = texts;
  const { response } = await showBox({
    type: 'error',
    message: engine.title,
    detail: causes.map((cause) => `${causeSays(cause)}\n${stepSays(cause)}`).join('\n\n') || engine.ended,
    buttons: [engine.quit, engine.showConfig, engine.again],
    defaultId: 2,
    cancelId: 0,
  });
  return (['quit', 'config', 'again'] as const)[response] ?? 'quit';
}

export async function tellWindowGone(texts: DesktopTexts, reason: string): Promise<void> {
  const { windowGone } = texts;
  await showBox({
    type: 'error',
    message: windowGone.title,
    detail: `${windowGone.detail}\n\n${reason}`,
    buttons: [windowGone.close],
  });
}

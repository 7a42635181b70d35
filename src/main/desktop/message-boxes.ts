import { dialog } from 'electron';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import type { Cause } from '../../shared/model/failure.ts';
import type { Prompt } from '../../shared/model/prompt.ts';

/** The system's own message boxes: for what must be said when no page of ours can. */

/** True: quit although programs are connected. */
export async function askQuit(texts: DesktopTexts, clients: number, names: readonly string[]): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: texts.quit.title(clients),
    detail: texts.quit.detail(names.join(', ')),
    buttons: [texts.quit.stay, texts.quit.quit],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return response === 1;
}

/** True: install the newer version although tunnels are up. */
export async function askUpdate(texts: DesktopTexts, version: string, tunnelsUp: number): Promise<boolean> {
  const { update } = texts;
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: update.title(version),
    detail: update.detail(tunnelsUp),
    buttons: [update.later, update.install],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return response === 1;
}

/** A question that has only buttons, for when its window cannot load. Null: it has fields and cannot be asked like this. */
export async function askInBox(texts: DesktopTexts, prompt: Prompt): Promise<'yes' | 'no' | 'once' | null> {
  if (prompt.kind === 'host-key' && prompt.hostKey !== null) {
    const { hostKey } = texts;
    const { keyType, fingerprint } = prompt.hostKey;
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: hostKey.title(prompt.hop),
      detail: hostKey.detail(keyType, fingerprint, prompt.address),
      buttons: [hostKey.no, hostKey.once, hostKey.yes],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    });
    return (['no', 'once', 'yes'] as const)[response] ?? 'no';
  }
  if (prompt.kind === 'confirm') {
    const { response } = await dialog.showMessageBox({
      type: 'question',
      message: texts.confirm.title(prompt.hop),
      detail: prompt.message,
      buttons: [texts.confirm.no, texts.confirm.yes],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    });
    return response === 1 ? 'yes' : 'no';
  }
  return null;
}

/** The engine does not run; what next. */
export async function askEngineGone(
  texts: DesktopTexts,
  causes: readonly Cause[],
): Promise<'again' | 'config' | 'quit'> {
  const { engine } = texts;
  const { response } = await dialog.showMessageBox({
    type: 'error',
    message: engine.title,
    detail: causes.map((cause) => `${cause.message}\n${cause.next}`).join('\n\n') || engine.ended,
    buttons: [engine.quit, engine.showConfig, engine.again],
    defaultId: 2,
    cancelId: 0,
    noLink: true,
  });
  return (['quit', 'config', 'again'] as const)[response] ?? 'quit';
}

export async function tellWindowGone(texts: DesktopTexts, reason: string): Promise<void> {
  const { windowGone } = texts;
  await dialog.showMessageBox({
    type: 'error',
    message: windowGone.title,
    detail: `${windowGone.detail}\n\n${reason}`,
    buttons: [windowGone.close],
    noLink: true,
  });
}

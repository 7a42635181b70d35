import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { app } from 'electron';
import type { z } from 'zod';
import type { loginStartSchema } from '../../shared/contract/shell-bridge.ts';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import { assertNever, HoldfastError } from '../../shared/model/failure.ts';
import { writeFileAtomic } from '../engine/lifecycle/atomic-file.ts';
import { type AutostartCommand, autostartEntry, execLine, readAutostart } from './autostart-file.ts';
import { desktopFileName } from './identity.ts';

export type LoginStartState = z.output<typeof loginStartSchema>;

/** Started by the system at login: no window. */
export const hiddenArgument = '--hidden';

/** Start at login as the system has it, never as we remember it. */
export interface LoginStart {
  state(): LoginStartState;
  set(enabled: boolean): Promise<LoginStartState>;
  /** The program moved (an AppImage, an update): the entry follows, if there is one and it is on. */
  refresh(): Promise<void>;
}

/** The one of this platform. `profile`: the argument that names the configuration, if this app was started with one. */
export function createLoginStart(
  texts: DesktopTexts,
  profile: string | null,
  env: NodeJS.ProcessEnv = process.env,
): LoginStart {
  const args = [
    // An app that is not packaged is an argument of Electron.
    ...(app.isPackaged ? [] : [app.getAppPath()]),
    ...(profile === null ? [] : [profile]),
    hiddenArgument,
  ];
  if (process.platform === 'win32' || process.platform === 'darwin') return new SystemLoginStart(texts, args);
  return new XdgLoginStart(texts, {
    file: join(configHome(env), 'autostart', desktopFileName),
    command: { program: env['APPIMAGE'] ?? process.execPath, args },
  });
}

function configHome(env: NodeJS.ProcessEnv): string {
  const chosen = env['XDG_CONFIG_HOME'];
  return chosen?.startsWith('/') ? chosen : join(homedir(), '.config');
}

/** XDG autostart on Linux. */
export class XdgLoginStart implements LoginStart {
  readonly #texts: DesktopTexts;
  readonly #file: string;
  readonly #command: AutostartCommand;

  constructor(texts: DesktopTexts, { file, command }: { file: string; command: AutostartCommand }) {
    this.#texts = texts;
    this.#file = file;
    this.#command = command;
  }

  state(): LoginStartState {
    const { loginStart } = this.#texts;
    const state = readAutostart(this.#read());
    switch (state.kind) {
      case 'absent':
        return { enabled: false, possible: true, note: null };
      case 'on':
        return { enabled: true, possible: true, note: null };
      case 'off':
        return { enabled: false, possible: true, note: loginStart.switchedOff };
      case 'foreign':
        return { enabled: false, possible: false, note: loginStart.foreign };
      default:
        return assertNever(state);
    }
  }

  async set(enabled: boolean): Promise<LoginStartState> {
    const state = readAutostart(this.#read());
    if (state.kind === 'foreign') throw this.#inTheWay();
    if (enabled) await this.#write();
    else if (state.kind !== 'absent') await rm(this.#file, { force: true });
    return this.state();
  }

  async refresh(): Promise<void> {
    const state = readAutostart(this.#read());
    if (state.kind === 'on' && state.exec !== execLine(this.#command)) await this.#write();
  }

  #read(): string | null {
    try {
      return readFileSync(this.#file, 'utf8');
    } catch {
      return null;
    }
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#file, autostartEntry(this.#command), { mode: 0o644 });
  }

  #inTheWay(): HoldfastError {
    return new HoldfastError({
      code: 'usage',
      where: this.#file,
      message: words.entryOfOther({ file: this.#file }),
      next: words.moveEntryAway(),
    });
  }
}

/** Login items of Windows and macOS. */
class SystemLoginStart implements LoginStart {
  readonly #texts: DesktopTexts;
  readonly #args: readonly string[];

  constructor(texts: DesktopTexts, args: readonly string[]) {
    this.#texts = texts;
    this.#args = args;
  }

  state(): LoginStartState {
    const { loginStart } = this.#texts;
    const found = app.getLoginItemSettings(this.#query());
    if (process.platform === 'win32') {
      // The Task Manager has its own switch on top of the entry.
      const off = found.openAtLogin && !found.executableWillLaunchAtLogin;
      return { enabled: found.openAtLogin && !off, possible: true, note: off ? loginStart.switchedOff : null };
    }
    if (found.status === 'requires-approval') return { enabled: false, possible: true, note: loginStart.needsApproval };
    return { enabled: found.openAtLogin, possible: true, note: null };
  }

  set(enabled: boolean): Promise<LoginStartState> {
    app.setLoginItemSettings({ openAtLogin: enabled, ...this.#query() });
    return Promise.resolve(this.state());
  }

  /** The system keeps the entry with the program. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** macOS passes no arguments; it says `wasOpenedAtLogin` instead. */
  #query(): { args?: string[] } {
    return process.platform === 'win32' ? { args: [...this.#args] } : {};
  }
}

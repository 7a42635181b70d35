import { app, clipboard, Notification, shell as system } from 'electron';
import { type DesktopCallName, type DesktopInput, type DesktopOutput } from '../../shared/contract/shell-bridge.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import { webAddresses } from '../../shared/model/web-address.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { Profile } from '../engine/config/paths.ts';
import type { LoginStart } from './login-start.ts';
import { mayOpenOutside } from './page-files.ts';
import type { DesktopSettingsFile } from './settings.ts';

/** What the shell gives to answer calls of its own. */
export interface DesktopCallParts {
  readonly profile: Profile;
  readonly settings: DesktopSettingsFile;
  readonly loginStart: LoginStart;
  readonly cryptoPath: () => string;
  readonly hasTray: () => boolean;
  readonly setTheme: (theme: 'system' | 'light' | 'dark') => void;
  readonly promptsDone: () => void;
  readonly promptHeight: (height: number) => void;
  readonly showWindow: (page: string | null) => void;
  /** The open question with this id. */
  readonly prompt: (id: string) => Prompt | undefined;
  /** Shows an address in full; true: the person wants it opened. */
  readonly mayOpen: (prompt: Prompt, address: string) => Promise<boolean>;
  readonly pageFailed: (page: 'main' | 'prompts', message: string) => void;
}

type Answers = { readonly [N in DesktopCallName]: (input: DesktopInput<N>) => Promise<DesktopOutput<N>> };

/** Answers one call of a page to the shell; the input fits the contract already. */
export function answerDesktopCall(parts: DesktopCallParts, name: DesktopCallName, input: unknown): Promise<unknown> {
  const answer = answersOf(parts)[name] as (input: unknown) => Promise<unknown>;
  return answer(input);
}

function answersOf(parts: DesktopCallParts): Answers {
  const { settings, loginStart, profile } = parts;
  return {
    'desktop.state': async () => ({
      version: app.getVersion(),
      electron: process.versions['electron'] ?? '',
      chromium: process.versions['chrome'] ?? '',
      node: process.versions.node,
      cryptoPath: parts.cryptoPath(),
      loginStart: loginStart.state(),
      tray: parts.hasTray(),
      notifications: settings.value.notifications && Notification.isSupported(),
      closeToTray: settings.value.closeToTray,
      lockWithScreen: settings.value.lockWithScreen,
      theme: settings.value.theme,
      logFolder: profile.logFolder,
      configFile: profile.configFile,
    }),
    'desktop.set-login-start': ({ enabled }) => loginStart.set(enabled),
    'desktop.set': async ({ notifications, closeToTray, lockWithScreen, theme }) => {
      await settings.set({
        ...(notifications === undefined ? {} : { notifications }),
        ...(closeToTray === undefined ? {} : { closeToTray }),
        ...(lockWithScreen === undefined ? {} : { lockWithScreen }),
        ...(theme === undefined ? {} : { theme }),
      });
      if (theme !== undefined) parts.setTheme(theme);
      return {};
    },
    'desktop.copy': async ({ text }) => {
      await Promise.resolve(clipboard.writeText(text));
      return {};
    },
    'desktop.open': async ({ url }) => {
      if (!mayOpenOutside(url)) {
        throw new HoldfastError({
          code: 'usage',
          where: url,
          message: words.onlyThisMachine(),
          next: words.copyAddress(),
        });
      }
      await system.openExternal(url);
      return {};
    },
    'desktop.open-login': async ({ promptId, address }) => {
      const prompt = parts.prompt(promptId);
      // The engine's word counts and not the page's: it may have gone wrong.
      if (!prompt?.addresses.includes(address) || webAddresses(address)[0] !== address) {
        throw new HoldfastError({
          code: 'not-found',
          where: 'login',
          message: words.noQuestionWithAddress(),
          next: words.loginMayBeOver(),
        });
      }
      if (!(await parts.mayOpen(prompt, address))) return { opened: false };
      await system.openExternal(address);
      return { opened: true };
    },
    'desktop.open-config': async () => {
      const problem = await system.openPath(profile.configFile);
      if (problem !== '') {
        throw new HoldfastError({
          code: 'usage',
          where: profile.configFile,
          message: words.noProgramOpened({ file: profile.configFile, words: problem }),
          next: words.openInEditor(),
        });
      }
      return {};
    },
    'desktop.prompts-done': async () => {
      parts.promptsDone();
      return {};
    },
    'desktop.prompt-height': async ({ height }) => {
      parts.promptHeight(height);
      return {};
    },
    'desktop.page-failed': async ({ page, message }) => {
      parts.pageFailed(page, message);
      return {};
    },
    'desktop.show-window': async ({ page }) => {
      parts.showWindow(page);
      return {};
    },
  };
}

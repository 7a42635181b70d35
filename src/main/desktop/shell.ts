import { join } from 'node:path';
import { app, clipboard, nativeTheme, shell as system } from 'electron';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import type { Profile } from '../engine/config/paths.ts';
import type { Log } from '../engine/log/log.ts';
import { DisposableStore, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { setApplicationMenu } from './app-menu.ts';
import { answerDesktopCall } from './desktop-calls.ts';
import { EngineHost, type EngineStatus } from './engine-host.ts';
import { PageIpc } from './ipc.ts';
import { Lifecycle } from './lifecycle.ts';
import { personTexts } from './language.ts';
import { createLoginStart, type LoginStart } from './login-start.ts';
import { MainWindow } from './main-window.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import { askEngineGone, askOpenAddress, askQuit, askStop, askUpdate, tellWindowGone } from './message-boxes.ts';
import { NotificationPolicy } from './notification-policy.ts';
import { Notifications } from './notifications.ts';
import { mayOpenOutside } from './page-files.ts';
import { watchPower } from './power.ts';
import { isQuestionPage, Questions } from './questions.ts';
import { watchScreenLock } from './screen-lock.ts';
import type { DesktopSettingsFile } from './settings.ts';
import { type ShellEvent, ShellState } from './shell-state.ts';
import { buildTrayModel, type TrayAction } from './tray-model.ts';
import { TrayPresence } from './tray-presence.ts';
import { feedFile, loadElectronUpdater, lookForUpdate } from './updates.ts';
import type { WindowContext } from './window-options.ts';

export interface ShellOptions {
  readonly profile: Profile;
  readonly settings: DesktopSettingsFile;
  /** The argument that chose the profile; null: it is the usual one. */
  readonly profileArgument: string | null;
  readonly preload: string;
  readonly assets: string;
  readonly devTools: boolean;
  readonly log: Log;
}

/** So long an installer may take to take over before the app ends all the same. */
const installLimitMs = 30_000;

/** The desktop app once Electron is ready: its parts, and what goes between them. */
export class DesktopShell {
  readonly #options: ShellOptions;
  readonly #texts: DesktopTexts;
  readonly #store = new DisposableStore();
  readonly #settings: DesktopSettingsFile;
  readonly #engine: EngineHost;
  readonly #state: ShellState;
  readonly #tray: TrayPresence;
  readonly #screenLock = new MutableDisposable();
  readonly #window: MainWindow;
  readonly #questions: Questions;
  readonly #noticePolicy: NotificationPolicy;
  readonly #notifications: Notifications;
  readonly #ipc: PageIpc;
  readonly #loginStart: LoginStart;
  readonly #lifecycle: Lifecycle;
  /** Until its thread is seen to have ended. */
  #engineHangs = true;
  /** What installs a newer version, once everything is ended. */
  #install: (() => void) | null = null;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#texts = personTexts();
    const store = this.#store;
    this.#settings = options.settings;
    this.#engine = store.add(new EngineHost(options.profile));
    this.#state = store.add(new ShellState());
    this.#tray = store.add(
      new TrayPresence({
        assets: options.assets,
        model: () => buildTrayModel(this.#state.source, this.#texts),
        onAction: (action) => this.#onTrayAction(action),
        // Without a tray a hidden window could not be found again.
        onMissing: () => {
          if (!this.#window.isVisible && !this.#lifecycle.isQuitting) this.#window.showMinimized();
        },
        log: options.log,
      }),
    );
    this.#loginStart = createLoginStart(this.#texts, options.profileArgument);
    this.#lifecycle = new Lifecycle({
      clients: () => this.#state.clients,
      ask: () => askQuit(this.#texts, this.#state.clients, this.#state.busyTunnels),
      stop: () => this.#stop(),
      leave: () => this.#leave(),
    });
    this.#window = store.add(
      new MainWindow({
        context: () => this.#windowContext(),
        settings: this.#settings,
        onClose: () => this.#onCloseWindow(),
        onFail: (reason) => {
          options.log.error('The window cannot be shown', { reason });
          void tellWindowGone(this.#texts, reason);
        },
        onVisible: (visible) => {
          if (process.platform === 'darwin') app.setActivationPolicy(visible ? 'regular' : 'accessory');
        },
      }),
    );
    this.#questions = store.add(
      new Questions({
        texts: this.#texts,
        state: this.#state,
        context: () => this.#windowContext(),
        quitting: () => this.#lifecycle.isQuitting,
        mainIsFocused: () => this.#window.isFocused,
        answer: (input) => this.call('answer', input),
        askInMain: () => this.showWindow('prompts'),
        onFail: (reason) => options.log.error('The window of questions cannot be shown; boxes ask instead', { reason }),
      }),
    );
    this.#noticePolicy = new NotificationPolicy(this.#texts);
    this.#notifications = store.add(
      new Notifications({
        policy: this.#noticePolicy,
        icon: join(options.assets, 'icons', '128x128.png'),
        enabled: () => this.#settings.value.notifications,
        watched: () => this.#window.isFocused,
        onClick: (page) => this.#open(page),
      }),
    );
    this.#ipc = store.add(
      new PageIpc({
        call: (name, input) => this.call(name, input as CallInput<CallName>),
        desktop: (name, input) => answerDesktopCall(this.#callParts(), name, input),
        onLogWanted: ({ log, logTunnel }) => {
          void this.call('subscribe', { tunnels: true, prompts: true, log, logTunnel }).catch(() => undefined);
        },
      }),
    );
  }

  get hasEnded(): boolean {
    return this.#lifecycle.phase === 'ended';
  }

  async start({ hidden }: { hidden: boolean }): Promise<void> {
    const store = this.#store;
    const { theme } = this.#settings.value;
    nativeTheme.themeSource = theme;
    setApplicationMenu(
      this.#texts,
      { openPage: (page) => this.showWindow(page), quit: () => this.quit({ ask: true }) },
      this.#options.devTools,
    );
    store.add(this.#state.onDidHappen((event) => this.#onEvent(event)));
    store.add(this.#state.onDidEngineEvent((event) => this.#ipc.send(event)));
    store.add(this.#engine.onDidChange((status) => this.#onEngine(status)));
    store.add(
      watchPower({
        onSuspend: () => {
          this.#options.log.info('The machine goes to sleep');
          this.#notifications.suspended();
        },
        onResume: () => {
          this.#options.log.info('The machine woke up');
          this.#notifications.resumed();
          void this.call('wake', { reason: 'resume' }).catch(() => undefined);
        },
        onShutdown: () => this.quit({ ask: false }),
      }),
    );
    store.add(this.#screenLock);
    store.add(this.#settings.onDidChange(() => this.#followScreen()));
    this.#followScreen();
    this.#engine.start();
    this.#lifecycle.running();
    if (!hidden) this.showWindow(null);
    await this.#tray.start({ hidden });
    await this.#loginStart.refresh().catch(() => undefined);
    this.#lookForUpdate();
  }

  #lookForUpdate(): void {
    lookForUpdate({
      enabled: this.#settings.value.updates,
      feedFile: feedFile(),
      load: loadElectronUpdater,
      tunnelsUp: () => this.#state.tunnelsUp,
      ask: (version, tunnelsUp) => askUpdate(this.#texts, version, tunnelsUp),
      leave: (install) => {
        this.#install = install;
        this.quit({ ask: false });
      },
      // A feed that cannot be reached, or that has nothing for this system, is tried again at the next start.
    }).catch(() => undefined);
  }

  /** Shows the main window in front, at `page` if one is named. */
  showWindow(page: string | null): void {
    if (this.#lifecycle.isQuitting) return;
    this.#window.show(page);
  }

  /** A person asked for a page, from tray, notification or window: a question has its own window. */
  #open(page: string | null): void {
    this.#questions.clicked();
    if (this.#lifecycle.isQuitting) return;
    if (page !== null && isQuestionPage(page)) this.#questions.show(page);
    else this.showWindow(page);
  }

  quit(how: { ask: boolean }): void {
    void this.#lifecycle.quit(how);
  }

  /** One call of a person in this shell. Rejects with `no-engine` while there is none. */
  async call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    // What comes at once must find them in the policy: a question may be here before the answer to the call.
    this.#questions.calling(name, input);
    return this.#link().call(name, input);
  }

  #link() {
    const { status } = this.#engine;
    if (status.kind === 'running') return status.link;
    throw new HoldfastError({
      code: 'no-engine',
      where: this.#options.profile.configFile,
      message: status.kind === 'starting' ? words.engineStarting() : words.engineNotRunning(),
      next: words.inAMoment(),
    });
  }

  #onEngine(status: EngineStatus): void {
    const { log } = this.#options;
    switch (status.kind) {
      case 'starting':
        this.#state.lose('starting');
        break;
      case 'running':
        log.info('The engine answers', { own: status.own });
        this.#state.join(status.link).catch((error: unknown) => log.warn('The engine was not joined', { error }));
        break;
      case 'gone':
        log.error('The engine is gone', { causes: status.causes });
        this.#state.lose('gone');
        this.#ipc.sendConnection('lost');
        void this.#afterGone(status);
        break;
    }
  }

  async #afterGone(status: EngineStatus & { kind: 'gone' }): Promise<void> {
    for (;;) {
      const choice = await askEngineGone(this.#texts, status.causes);
      if (this.#lifecycle.isQuitting) return;
      if (choice === 'again') return this.#engine.start();
      if (choice === 'quit') return this.quit({ ask: false });
      await system.openPath(this.#options.profile.configFile);
    }
  }

  #onEvent(event: ShellEvent): void {
    this.#tray.changed();
    switch (event.kind) {
      case 'joined':
        this.#notifications.begin([...this.#state.tunnels.values()]);
        this.#ipc.sendConnection('connected');
        break;
      case 'tunnels':
        this.#questions.changed(event.changed);
        this.#notifications.take(event);
        break;
      case 'prompt-opened':
        if (!this.#questions.opened(event.prompt)) this.#notifications.show(this.#noticePolicy.prompted(event.prompt));
        break;
      case 'prompt-closed':
        this.#questions.closed(event.prompt.id);
        this.#notifications.show(this.#noticePolicy.promptClosed(event.prompt, this.#state.prompts));
        break;
      case 'gone':
        this.#questions.hide();
        break;
    }
  }

  /** The screen is watched only for those who asked for it. */
  #followScreen(): void {
    if (!this.#settings.value.lockWithScreen) this.#screenLock.clear();
    else
      this.#screenLock.value ??= watchScreenLock(() => {
        this.#options.log.info('The screen was locked');
        void this.call('secret.lock', {}).catch(() => undefined);
      });
  }

  #onTrayAction(action: TrayAction): void {
    this.#questions.clicked();
    const calm = (promise: Promise<unknown>): void =>
      void promise.catch((error: unknown) =>
        this.#options.log.warn('What was asked in the tray was not done', { action: action.do, error }),
      );
    switch (action.do) {
      case 'page':
        return this.#open(action.page);
      case 'toggle':
        if (action.up) return calm(this.call('up', { names: [action.tunnel], all: false }));
        return calm(this.#unlessKept([action.tunnel], () => this.call('down', { names: [action.tunnel], all: false })));
      case 'all': {
        const act = (): Promise<unknown> => this.call(action.call, { names: [], all: true });
        return calm(action.call === 'up' ? act() : this.#unlessKept(null, act));
      }
      case 'copy':
        return calm(Promise.resolve(clipboard.writeText(action.text)));
      case 'browse':
        return mayOpenOutside(action.url) ? calm(system.openExternal(action.url)) : undefined;
      case 'open':
        return this.showWindow(null);
      case 'quit':
        return this.quit({ ask: true });
    }
  }

  /** A stop from the tray, unless production depends on it and the person keeps it up. */
  async #unlessKept(stopped: readonly string[] | null, act: () => Promise<unknown>): Promise<void> {
    const { names, clients } = this.#state.liveProduction(stopped);
    if (names.length === 0 || (await askStop(this.#texts, names, clients))) await act();
  }

  #onCloseWindow(): 'close' | 'hide' | 'minimize' {
    if (this.#lifecycle.isQuitting) return 'close';
    if (process.platform === 'darwin') return 'hide';
    if (!this.#settings.value.closeToTray) {
      this.quit({ ask: true });
      return 'minimize';
    }
    return this.#tray.isShown ? 'hide' : 'minimize';
  }

  #windowContext(): WindowContext {
    const { assets, preload, devTools } = this.#options;
    return {
      platform: process.platform,
      preload,
      // Windows and macOS take the icon from the program itself.
      icon: process.platform === 'linux' ? join(assets, 'icons', '128x128.png') : null,
      dark: nativeTheme.shouldUseDarkColors,
      devTools,
    };
  }

  #callParts() {
    return {
      profile: this.#options.profile,
      settings: this.#settings,
      loginStart: this.#loginStart,
      cryptoPath: () => (this.#engine.status.kind === 'running' ? this.#engine.status.cryptoPath : ''),
      hasTray: () => this.#tray.isShown,
      setTheme: (theme: 'system' | 'light' | 'dark') => {
        nativeTheme.themeSource = theme;
      },
      promptsDone: () => this.#questions.hide(),
      prompt: (id: string) => this.#state.prompts.find((prompt) => prompt.id === id),
      mayOpen: (prompt: Prompt, address: string) => askOpenAddress(this.#texts, prompt, address),
      promptHeight: (height: number) => this.#questions.setHeight(height),
      showWindow: (page: string | null) => this.#open(page),
      pageFailed: (page: 'main' | 'prompts', message: string) => {
        this.#options.log.error('A page could not be drawn', { page, message });
        if (page === 'prompts') this.#questions.fail();
      },
    };
  }

  async #stop(): Promise<void> {
    const { log } = this.#options;
    log.info('The app ends');
    // The engine first: whatever goes wrong with what is shown must not keep it up.
    const ended = Promise.all([this.#engine.stop(), this.#settings.flush()]);
    for (const shown of [this.#tray, this.#window, this.#questions]) {
      try {
        shown.dispose();
      } catch (error) {
        log.error('A part of the app did not end cleanly', { error });
      }
    }
    const [isGone] = await ended;
    this.#engineHangs = !isGone;
    if (!isGone) log.error('The engine did not end in time');
  }

  #leave(): void {
    // An ordinary end would wait for the engine's thread. What it had to write is written.
    if (this.#engineHangs) process.kill(process.pid, 'SIGKILL');
    // Something of the system may still hold it; an installer ends it by itself, unless it fails.
    setTimeout(() => app.exit(0), this.#install === null ? 200 : installLimitMs);
    try {
      this.#store.dispose();
    } finally {
      if (this.#install === null) app.quit();
      else this.#install();
    }
  }
}

import { nativeTheme } from 'electron';
import { type Disposable, DisposableStore, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import type { Log } from '../engine/log/log.ts';
import { TrayHost } from './tray-host.ts';
import type { TrayAction, TrayModel } from './tray-model.ts';
import { TrayView } from './tray.ts';

export interface TrayPresenceOptions {
  readonly assets: string;
  readonly model: () => TrayModel;
  readonly onAction: (action: TrayAction) => void;
  /** No tray is shown, and the app must be reachable in another way. */
  readonly onMissing: () => void;
  readonly log: Log;
}

/** At login the panel may come after us: so long a hidden start waits for a tray before it shows itself in the task bar. */
const trayGraceMs = 8000;

/** The tray as long as this desktop shows one. Its icon is made once: a host that went and came back finds the same. */
export class TrayPresence implements Disposable {
  readonly #options: TrayPresenceOptions;
  readonly #store = new DisposableStore();
  readonly #host = this.#store.add(new TrayHost());
  readonly #view = this.#store.add(new MutableDisposable<TrayView>());

  constructor(options: TrayPresenceOptions) {
    this.#options = options;
  }

  /** The icon is there, and somebody shows it. */
  get isShown(): boolean {
    return this.#view.value !== null && this.#host.present;
  }

  /** Looks for a host and follows it from then on. `hidden`: no window was shown either. */
  async start({ hidden }: { hidden: boolean }): Promise<void> {
    const redraw = (): void => this.changed();
    nativeTheme.on('updated', redraw);
    this.#store.defer(() => nativeTheme.removeListener('updated', redraw));
    this.#store.add(this.#host.onDidChange((present) => this.#onHost(present)));
    await this.#host.start();
    if (this.#store.isDisposed) return;
    if (this.#host.present) this.#ensure();
    else if (hidden) {
      const timer = setTimeout(() => {
        if (!this.#host.present) this.#options.onMissing();
      }, trayGraceMs);
      this.#store.defer(() => clearTimeout(timer));
    }
  }

  /** The state changed: what is shown follows. */
  changed(): void {
    this.#view.value?.changed();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onHost(present: boolean): void {
    const { log, onMissing } = this.#options;
    log.info(present ? 'This desktop shows tray icons now' : 'This desktop shows no tray icons any more');
    if (present) this.#ensure();
    else onMissing();
  }

  #ensure(): void {
    if (this.#view.value !== null) return;
    const { assets, model, onAction } = this.#options;
    this.#view.value = new TrayView({
      assets,
      model,
      onAction,
      darkTaskbar: () => nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
    });
  }
}

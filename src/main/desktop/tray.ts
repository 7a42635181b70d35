import { isDeepStrictEqual } from 'node:util';
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron';
import { assertNever } from '../../shared/model/failure.ts';
import { type Clock, systemClock } from '../engine/lifecycle/clock.ts';
import { type Disposable, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { trayIconFile } from './tray-icon-file.ts';
import type { TrayAction, TrayIcon, TrayItem, TrayModel } from './tray-model.ts';

/** Changes within so long become one new menu: an open menu closes when it is replaced. */
const coalesceMs = 250;

export interface TrayOptions {
  readonly assets: string;
  readonly model: () => TrayModel;
  readonly onAction: (action: TrayAction) => void;
  readonly darkTaskbar: () => boolean;
  readonly clock?: Clock;
}

/**
 * The one tray icon of this process. It is never made anew: on Linux a second one falls back to a mechanism that most desktops do not show. Its menu
 * holds everything, since a click on the icon itself reaches us on some systems only.
 */
export class TrayView implements Disposable {
  readonly #options: TrayOptions;
  readonly #timer = new MutableDisposable();
  readonly #tray: Tray;
  #shown: TrayModel | null = null;
  #image = '';

  constructor(options: TrayOptions) {
    this.#options = options;
    const model = options.model();
    this.#image = this.#file(model.icon);
    this.#tray = new Tray(nativeImage.createFromPath(this.#image));
    if (process.platform === 'darwin') this.#tray.setIgnoreDoubleClickEvents(true);
    // A left click opens the window where the system tells of it; macOS opens the menu by itself.
    if (process.platform !== 'darwin') this.#tray.on('click', () => options.onAction({ do: 'open' }));
    this.#show(model);
  }

  /** The state changed: what is shown follows soon, if it differs at all. */
  changed(): void {
    if (this.#timer.value !== null) return;
    const clock = this.#options.clock ?? systemClock;
    this.#timer.value = clock.schedule(coalesceMs, () => {
      this.#timer.clear();
      if (!this.#tray.isDestroyed()) this.#show(this.#options.model());
    });
  }

  dispose(): void {
    this.#timer.dispose();
    if (!this.#tray.isDestroyed()) this.#tray.destroy();
  }

  #show(model: TrayModel): void {
    const image = this.#file(model.icon);
    if (image !== this.#image) {
      this.#image = image;
      this.#tray.setImage(nativeImage.createFromPath(image));
    }
    if (model.tooltip !== this.#shown?.tooltip) this.#tray.setToolTip(model.tooltip);
    if (!isDeepStrictEqual(model.menu, this.#shown?.menu)) {
      this.#tray.setContextMenu(Menu.buildFromTemplate(model.menu.map((item) => this.#template(item))));
    }
    this.#shown = model;
  }

  #file(icon: TrayIcon): string {
    return trayIconFile(this.#options.assets, icon, process.platform, this.#options.darkTaskbar());
  }

  #template(item: TrayItem): MenuItemConstructorOptions {
    switch (item.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'label':
        return { label: item.label, enabled: false };
      case 'action':
        return { label: item.label, click: () => this.#options.onAction(item.action) };
      case 'check':
        return {
          label: item.label,
          type: 'checkbox',
          checked: item.checked,
          click: (entry) => {
            // The system has turned the mark already; it says what was asked for, which the engine tells soon.
            entry.checked = item.checked;
            this.#options.onAction(item.action);
          },
        };
      case 'submenu':
        return { label: item.label, submenu: item.items.map((inner) => this.#template(inner)) };
      default:
        return assertNever(item);
    }
  }
}

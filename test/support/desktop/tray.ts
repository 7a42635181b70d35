import type { DesktopSession } from './session.ts';
import { watcherProperty } from './session.ts';
import { until } from '../until.ts';

/** The app makes one menu of all changes within 250 ms: what stood longer is not about to be replaced. */
const settledMs = 400;

export interface TrayEntry {
  readonly id: number;
  readonly label: string;
  readonly enabled: boolean;
  /** Null: no check mark. */
  readonly checked: boolean | null;
}

/** The tray of a session as its panel sees it: items, and their menus over com.canonical.dbusmenu. */
export class TrayReader {
  readonly #session: DesktopSession;

  constructor(session: DesktopSession) {
    this.#session = session;
  }

  /** Bus name and path of each item. */
  items(): string[] {
    const said = this.#session.gdbus(watcherProperty('RegisteredStatusNotifierItems'));
    return [...said.matchAll(/'([^']+)'/g)].map(([, item]) => item ?? '');
  }

  /** Entries of the first item's menu with their labels, in order; submenus flattened. */
  menu(): TrayEntry[] {
    const { dest, path } = this.#item();
    const layout = this.#session.gdbus([
      ...['call', '--session', '--dest', dest, '--object-path', `${path}/Menu`],
      ...['--method', 'com.canonical.dbusmenu.GetLayout', '0', '--', '-1', '[]'],
    ]);
    return [...layout.matchAll(/\((?:uint32 )?(\d+), (?:\(0, )?\{([^}]*)\}/g)].flatMap(([, id, properties = '']) => {
      const label = /'label': <(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")>/.exec(properties);
      if (label === null) return [];
      const toggle = /'toggle-state': <(\d)>/.exec(properties)?.[1];
      const isCheck = properties.includes("'toggle-type'");
      return [
        {
          id: Number(id),
          // GTK's mnemonics: a doubled underscore is a plain one.
          label: (label[1] ?? label[2] ?? '').replaceAll('__', '_'),
          enabled: !properties.includes("'enabled': <false>"),
          checked: isCheck ? toggle === '1' : null,
        },
      ];
    });
  }

  labels(): string[] {
    return this.menu().map(({ label }) => label);
  }

  /** Clicks the entry whose label begins like this, once the menu stays as it is: a click on an entry that is being replaced is lost. */
  async click(label: string): Promise<void> {
    let last = '';
    let sinceMs = 0;
    const stays = (): boolean => {
      const now = JSON.stringify(this.menu());
      if (now !== last) {
        last = now;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs > settledMs && this.#entry(label) !== undefined;
    };
    await until(stays, { what: `an entry ${label} that stays`, seen: () => this.labels() });
    this.clickNow(label);
  }

  /** The same at once. A menu that is replaced meanwhile is read again. */
  clickNow(label: string): void {
    for (let tries = 1; ; tries += 1) {
      const entry = this.#entry(label);
      if (entry === undefined) throw new Error(`no entry ${label} in ${this.labels().join(' | ')}`);
      try {
        const { dest, path } = this.#item();
        this.#session.gdbus([
          ...['call', '--session', '--dest', dest, '--object-path', `${path}/Menu`],
          ...['--method', 'com.canonical.dbusmenu.Event', String(entry.id), 'clicked', "<''>", '0'],
        ]);
        return;
      } catch (error) {
        if (tries === 3 || !String(error).includes('does not refer to a menu item')) throw error;
      }
    }
  }

  #entry(label: string): TrayEntry | undefined {
    return this.menu().find((found) => found.label.startsWith(label));
  }

  #item(): { dest: string; path: string } {
    const found = /^([^/]+)(\/.*)$/.exec(this.items()[0] ?? '');
    if (found?.[1] === undefined || found[2] === undefined) throw new Error('there is no tray item');
    return { dest: found[1], path: found[2] };
  }
}

import type { WindowTexts } from './window-en.ts';

/** The window in German. */
export const windowDe: WindowTexts = {
  appName: 'Holdfast',
  copied: 'Kopiert.',
  notCopied: 'Die Zwischenablage ist für diese Seite gesperrt.',
  cancel: 'Abbrechen',
  states: {
    stopped: 'Aus',
    listening: 'Lauscht',
    starting: 'Startet',
    interactive: 'Braucht dich',
    running: 'Läuft',
    degraded: 'Teilweise',
    retrying: 'Versucht neu',
    dead: 'Aufgegeben',
  },
  bar: {
    sections: 'Bereiche',
    tunnels: 'Tunnel',
    logins: 'Anmeldungen',
    activity: 'Verlauf',
    find: 'Suchen oder ssh-Befehl einfügen',
    findLabel: 'Tunnel suchen oder einen ssh-Befehl einfügen',
    newTunnel: 'Neuer Tunnel',
    settings: 'Einstellungen',
    back: 'Zurück zu den Tunneln',
  },
  count: (n, one, many) => `${n} ${n === 1 ? one : many}`,
};

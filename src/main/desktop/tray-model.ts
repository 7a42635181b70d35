import { assertNever } from '../../shared/model/failure.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelState, TunnelStatus } from '../../shared/model/tunnel.ts';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';

/**
 * The tray as a pure function of the state: icon, tooltip and menu. No rates and no times in it, so that its text, and with it the menu on the
 * screen, changes only when a state changes.
 */

/** Which icon; the first that fits of ask, fail, working, up, idle. */
export type TrayIcon = 'idle' | 'up' | 'working' | 'ask' | 'fail';

/** What a menu entry does. */
export type TrayAction =
  /** A page of the window, or of the window of questions. */
  | { readonly do: 'page'; readonly page: string }
  | { readonly do: 'toggle'; readonly tunnel: string; readonly up: boolean }
  | { readonly do: 'copy'; readonly text: string }
  | { readonly do: 'browse'; readonly url: string }
  | { readonly do: 'all'; readonly call: 'up' | 'down' | 'restart' }
  | { readonly do: 'open' }
  | { readonly do: 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly kind: 'check'; readonly label: string; readonly checked: boolean; readonly action: TrayAction }
  | { readonly kind: 'submenu'; readonly label: string; readonly items: readonly TrayItem[] };

export interface TrayModel {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly menu: readonly TrayItem[];
}

/** What the tray shows. */
export interface TraySource {
  readonly engine: 'starting' | 'running' | 'gone';
  readonly tunnels: readonly TunnelStatus[];
  readonly prompts: readonly Prompt[];
}

/** More tunnels than this go into a submenu a group. */
const inlineTunnels = 12;
/** Failures shown at most. */
const failuresShown = 5;
/** Longest reason in a menu; the window has the whole. */
const reasonLength = 90;

/** The menu, icon and tooltip of this state. */
export function buildTrayModel(source: TraySource, texts: DesktopTexts): TrayModel {
  const summary = summaryOf(source, texts);
  return {
    icon: iconOf(source),
    tooltip: texts.tray.tooltip(summary),
    menu: buildMenu(source, summary, texts),
  };
}

/** The icon of this state. */
export function iconOf({ engine, tunnels, prompts }: TraySource): TrayIcon {
  if (engine === 'gone') return 'fail';
  if (prompts.length > 0 || tunnels.some((tunnel) => tunnel.state.kind === 'interactive')) return 'ask';
  if (tunnels.some((tunnel) => tunnel.state.kind === 'dead')) return 'fail';
  if (engine === 'starting' || tunnels.some(isWorking)) return 'working';
  return tunnels.some((tunnel) => isUp(tunnel.state)) ? 'up' : 'idle';
}

function isWorking({ state }: TunnelStatus): boolean {
  return (
    state.kind === 'starting' || state.kind === 'retrying' || (state.kind === 'running' && state.degraded !== null)
  );
}

/** It runs, or listens and would connect. */
function isUp(state: TunnelState): boolean {
  return state.kind === 'running' || state.kind === 'listening';
}

/** Tunnels that a person must look after. */
function needsYou({ tunnels, prompts }: TraySource): number {
  const names = new Set(prompts.flatMap((prompt) => prompt.tunnels));
  for (const tunnel of tunnels) if (tunnel.state.kind === 'interactive') names.add(tunnel.name);
  return Math.max(names.size, prompts.length > 0 ? 1 : 0);
}

function summaryOf(source: TraySource, texts: DesktopTexts): string {
  const { tray } = texts;
  if (source.engine === 'starting') return tray.starting;
  if (source.engine === 'gone') return tray.noEngine;
  const total = source.tunnels.length;
  if (total === 0) return tray.none;
  const up = source.tunnels.filter(({ state }) => isUp(state)).length;
  const asking = needsYou(source);
  const dead = source.tunnels.filter(({ state }) => state.kind === 'dead').length;
  const wanted = source.tunnels.some((tunnel) => tunnel.wanted || tunnel.state.kind !== 'stopped');
  const parts = [wanted ? tray.up(up, total) : tray.allOff(total)];
  if (asking > 0) parts.push(tray.needsYou(asking));
  if (dead > 0) parts.push(tray.gaveUp(dead));
  return parts.join(', ');
}

function buildMenu(source: TraySource, summary: string, texts: DesktopTexts): TrayItem[] {
  const { tray } = texts;
  const { tunnels } = source;
  const sections: TrayItem[][] = [
    [{ kind: 'label', label: escapeLabel(summary) }, ...askEntries(source, texts)],
    ...tunnelSections(tunnels, texts),
    [...addressEntries(tunnels, texts), ...failureEntries(tunnels, texts), ...allEntries(tunnels, texts)],
    [
      { kind: 'action', label: tray.open, action: { do: 'open' } },
      { kind: 'action', label: tray.settings, action: { do: 'page', page: 'settings' } },
    ],
    [{ kind: 'action', label: quitLabel(tunnels, texts), action: { do: 'quit' } }],
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index): TrayItem[] => (index === 0 ? section : [{ kind: 'separator' }, ...section]));
}

function askEntries({ prompts, tunnels }: TraySource, texts: DesktopTexts): TrayItem[] {
  const asked = prompts.map(
    (prompt): TrayItem => ({
      kind: 'action',
      label: escapeLabel(askLabel(prompt, texts)),
      action: { do: 'page', page: `prompts/${prompt.id}` },
    }),
  );
  // Login needs a person, but nobody has asked for it yet: switching on is the way to be asked.
  const covered = new Set(prompts.flatMap((prompt) => prompt.tunnels));
  const reviews = tunnels.flatMap(({ name, state }): TrayItem[] => {
    if (covered.has(name) || state.kind !== 'dead' || !state.cause.code.startsWith('host-key-')) return [];
    // A changed key has a question of its own; of the others the window tells.
    const page = state.cause.code === 'host-key-changed' ? `changed-key/${name}` : `tunnel/${name}`;
    return [{ kind: 'action', label: escapeLabel(texts.tray.review(name)), action: { do: 'page', page } }];
  });
  return [...asked, ...reviews];
}

function askLabel(prompt: Prompt, { tray }: DesktopTexts): string {
  const labels = {
    'host-key': tray.reviewKey,
    otp: tray.enterCode,
    password: tray.enterPassword,
    passphrase: tray.unlockKey,
    confirm: tray.confirm,
  };
  return prompt.elsewhere === null ? labels[prompt.kind](prompt.hop) : tray.elsewhere(prompt.hop);
}

function tunnelSections(tunnels: readonly TunnelStatus[], texts: DesktopTexts): TrayItem[][] {
  const groups = new Map<string | null, TunnelStatus[]>();
  for (const tunnel of tunnels) {
    const members = groups.get(tunnel.group) ?? [];
    members.push(tunnel);
    groups.set(tunnel.group, members);
  }
  // In the order of the configuration; tunnels without a group stand last.
  const ordered = [...groups].sort(([a], [b]) => Number(a === null) - Number(b === null));
  const named = (group: string | null): string =>
    escapeLabel(group ?? (groups.size === 1 ? texts.tray.tunnels : texts.tray.ungrouped));
  if (tunnels.length > inlineTunnels) {
    return [
      ordered.map(([group, members]) => ({
        kind: 'submenu',
        label: named(group),
        items: members.map((tunnel) => tunnelEntry(tunnel, texts)),
      })),
    ];
  }
  return ordered.map(([group, members]) => {
    const entries = members.map((tunnel) => tunnelEntry(tunnel, texts));
    return groups.size === 1 && group === null ? entries : [{ kind: 'label', label: named(group) }, ...entries];
  });
}

function tunnelEntry(tunnel: TunnelStatus, texts: DesktopTexts): TrayItem {
  const checked = tunnel.wanted;
  const word = wordOf(tunnel.state, texts);
  return {
    kind: 'check',
    label: escapeLabel(word === null ? tunnel.name : `${tunnel.name}: ${word}`),
    checked,
    action: { do: 'toggle', tunnel: tunnel.name, up: !checked },
  };
}

/** Null when plainly up or off. */
function wordOf(state: TunnelState, { states }: DesktopTexts): string | null {
  switch (state.kind) {
    case 'stopped':
      return null;
    case 'running':
      return state.degraded === null ? null : states.degraded;
    case 'listening':
      return states.listening;
    case 'starting':
      return states.starting;
    case 'interactive':
      return states.interactive;
    case 'retrying':
      return states.retrying;
    case 'dead':
      return states.dead;
    default:
      return assertNever(state);
  }
}

function addressEntries(tunnels: readonly TunnelStatus[], { tray }: DesktopTexts): TrayItem[] {
  const copies: TrayItem[] = [];
  const pages: TrayItem[] = [];
  for (const { name, forwards } of tunnels) {
    for (const { listen, state, spec } of forwards) {
      if (listen === null || (state !== 'up' && state !== 'listening')) continue;
      copies.push({
        kind: 'action',
        label: escapeLabel(`${name}: ${listen}`),
        action: { do: 'copy', text: listen },
      });
      const url = webAddress(spec, listen);
      if (url !== null) pages.push({ kind: 'action', label: escapeLabel(url), action: { do: 'browse', url } });
    }
  }
  const items: TrayItem[] = [];
  if (copies.length > 0) items.push({ kind: 'submenu', label: tray.copyAddress, items: copies });
  if (pages.length > 0) items.push({ kind: 'submenu', label: tray.openInBrowser, items: pages });
  return items;
}

/** Ports behind which a web page is likely; the others get no entry. */
const webPorts = new Set([80, 443, 3000, 3001, 5000, 5173, 5601, 8000, 8080, 8081, 8443, 8888, 9000, 9090, 15672]);

/** `http://127.0.0.1:8080` if a local forward leads to a port of the web, else null. */
function webAddress(spec: string, listen: string): string | null {
  if (!spec.startsWith('local ')) return null;
  const targetPort = Number(/:(\d+)$/.exec(spec)?.[1]);
  const local = /^(127\.0\.0\.1|\[::1\]):(\d+)$/.exec(listen);
  if (local === null || !webPorts.has(targetPort)) return null;
  const scheme = targetPort === 443 || targetPort === 8443 ? 'https' : 'http';
  return `${scheme}://${local[1]}:${local[2]}`;
}

function failureEntries(tunnels: readonly TunnelStatus[], { tray, causeSays }: DesktopTexts): TrayItem[] {
  const failing = tunnels.flatMap(({ name, state }) => {
    if (state.kind === 'dead' || state.kind === 'retrying') return [{ name, cause: state.cause }];
    return state.kind === 'running' && state.degraded !== null ? [{ name, cause: state.degraded }] : [];
  });
  if (failing.length === 0) return [];
  const items = failing.slice(0, failuresShown).map(
    ({ name, cause }): TrayItem => ({
      kind: 'action',
      label: escapeLabel(cut(`${name}: ${causeSays(cause)}`)),
      action: { do: 'page', page: `tunnel/${name}` },
    }),
  );
  return [{ kind: 'submenu', label: tray.recentFailures, items }];
}

function allEntries(tunnels: readonly TunnelStatus[], { tray }: DesktopTexts): TrayItem[] {
  if (tunnels.length === 0) return [];
  if (!tunnels.some((tunnel) => tunnel.wanted))
    return [{ kind: 'action', label: tray.startAll, action: { do: 'all', call: 'up' } }];
  return [
    { kind: 'action', label: tray.reconnectAll, action: { do: 'all', call: 'restart' } },
    { kind: 'action', label: tray.stopAll, action: { do: 'all', call: 'down' } },
  ];
}

function quitLabel(tunnels: readonly TunnelStatus[], { tray }: DesktopTexts): string {
  const open = tunnels.filter(({ state }) => state.kind !== 'stopped' && state.kind !== 'dead').length;
  return open === 0 ? tray.quit : tray.quitAndClose(open);
}

/** A lone `&` would underline the next letter. */
export function escapeLabel(text: string): string {
  return text.replaceAll('&', '&&');
}

function cut(text: string): string {
  return text.length <= reasonLength ? text : `${text.slice(0, reasonLength - 1)}…`;
}

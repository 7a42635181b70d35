import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';

/**
 * editor: making and changing tunnels, forwards and hosts.
 *
 * - forward-draft.ts, forward-picture.ts   a forward while it is edited; its drawing and command
 * - tunnel-draft.ts, host-draft.ts         forms as values, and the edits that save them
 * - field-problems.ts                      which field a problem of the file belongs to
 * - tunnel-editor.tsx, host-editor.tsx     the forms
 * - forward-sentence.tsx                   "Programs on … that connect to … reach … as seen from …"
 */

export type ForwardKind = 'local' | 'remote' | 'dynamic' | 'remote-dynamic';

/** A forward as the form holds it. Texts are as typed; `listenHost` empty is loopback. A host that begins with `/` or `~` is a socket's path. */
export interface ForwardDraft {
  /** Identity within the form; survives edits. */
  readonly key: string;
  /** The spec in the file; null: a new forward. */
  readonly savedSpec: string | null;
  /** Who listens: this computer or the host at the end of the chain. */
  readonly listensHere: boolean;
  /** False: goes where the client asks (SOCKS, HTTP CONNECT). */
  readonly hasTarget: boolean;
  readonly listenHost: string;
  readonly listenPort: string;
  readonly targetHost: string;
  readonly targetPort: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Keys of its table in the file that the form does not show; they stay. */
  readonly rest: Readonly<Record<string, ConfigValue>>;
}

export function kindOf(draft: Pick<ForwardDraft, 'listensHere' | 'hasTarget'>): ForwardKind {
  if (draft.hasTarget) return draft.listensHere ? 'local' : 'remote';
  return draft.listensHere ? 'dynamic' : 'remote-dynamic';
}

/** A path of a socket or pipe and not a host. */
export function isSocketPath(text: string): boolean {
  return /^[/~]|^[A-Za-z]:[\\/]|^\\\\/.test(text.trim());
}

/** Takes `HOST:PORT`, `[V6]:PORT`, `PORT` or a path apart; the host of an IPv6 address is without brackets. */
export function splitPlace(text: string): { readonly host: string; readonly port: string } {
  const trimmed = text.trim();
  if (isSocketPath(trimmed)) return { host: trimmed, port: '' };
  const bracketed = /^\[([^\]]*)\]:(.*)$/s.exec(trimmed);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  const colon = trimmed.lastIndexOf(':');
  return colon < 0 ? { host: '', port: trimmed } : { host: trimmed.slice(0, colon), port: trimmed.slice(colon + 1) };
}

/** The other way about: what stands in the configuration. */
export function joinPlace(host: string, port: string): string {
  const place = host.trim();
  if (isSocketPath(place)) return place;
  if (place === '') return port.trim();
  const bare = place.replace(/^\[(.*)\]$/, '$1');
  return `${bare.includes(':') ? `[${bare}]` : bare}:${port.trim()}`;
}

export function listenText(draft: ForwardDraft): string {
  return joinPlace(draft.listenHost, draft.listenPort);
}

/** Null for dynamic kinds. An empty host of a target is `localhost`. */
export function targetText(draft: ForwardDraft): string | null {
  if (!draft.hasTarget) return null;
  return joinPlace(draft.targetHost.trim() === '' ? 'localhost' : draft.targetHost, draft.targetPort);
}

/** The short form, `local 5432 -> db:5432`. */
export function specOf(draft: ForwardDraft): string {
  const target = targetText(draft);
  return `${kindOf(draft)} ${listenText(draft)}${target === null ? '' : ` -> ${target}`}`;
}

/** What to write: the short form where it says all, else a table. */
export function forwardValue(draft: ForwardDraft): ConfigValue {
  const extra: Record<string, ConfigValue> = { ...draft.rest };
  if (draft.name.trim() !== '') extra['name'] = draft.name.trim();
  if (!draft.enabled) extra['enabled'] = false;
  if (Object.keys(extra).length === 0) return specOf(draft);
  const target = targetText(draft);
  return { type: kindOf(draft), listen: listenText(draft), ...(target === null ? {} : { to: target }), ...extra };
}

/** Turning the direction swaps the machines; the values stay. */
export function turned(draft: ForwardDraft): ForwardDraft {
  return { ...draft, listensHere: !draft.listensHere };
}

/** A forward as `config.view` gives it. */
export interface ForwardView {
  readonly spec: string;
  readonly kind: ForwardKind;
  readonly listen: string;
  readonly target: string | null;
  readonly name: string | null;
  readonly enabled: boolean;
}

const shownKeys = new Set(['type', 'listen', 'to', 'name', 'enabled']);

/** `raw`: the same forward as it stands in the file, for keys that the form does not show. */
export function draftOfForward(view: ForwardView, raw: ConfigValue | undefined, key: string): ForwardDraft {
  const listen = splitPlace(view.listen);
  const target = splitPlace(view.target ?? '');
  const table = typeof raw === 'object' && !Array.isArray(raw) ? raw : {};
  return {
    key,
    savedSpec: view.spec,
    listensHere: view.kind === 'local' || view.kind === 'dynamic',
    hasTarget: view.kind === 'local' || view.kind === 'remote',
    listenHost: listen.host,
    listenPort: listen.port,
    targetHost: target.host,
    targetPort: target.port,
    name: view.name ?? '',
    enabled: view.enabled,
    rest: Object.fromEntries(Object.entries(table).filter(([name]) => !shownKeys.has(name))),
  };
}

/** Reads what an edit holds: a short form or a table. Null if it is neither. */
export function draftOfValue(value: ConfigValue, key: string): ForwardDraft | null {
  if (typeof value === 'string') {
    const match = /^\s*(local|remote|dynamic|remote-dynamic)\s+(.*?)(?:\s*->\s*(.*?))?\s*$/s.exec(value);
    if (match === null) return null;
    return ofParts(match[1] ?? '', match[2] ?? '', match[3] ?? null, {}, key);
  }
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  const table = value as { readonly [name: string]: ConfigValue };
  const to = table['to'];
  return ofParts(plainText(table['type']), plainText(table['listen']), typeof to === 'string' ? to : null, table, key);
}

function plainText(value: ConfigValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

const kinds: readonly ForwardKind[] = ['local', 'remote', 'dynamic', 'remote-dynamic'];

function ofParts(
  kindText: string,
  listen: string,
  target: string | null,
  table: { readonly [name: string]: ConfigValue },
  key: string,
): ForwardDraft | null {
  const kind = kinds.find((known) => known === kindText);
  if (kind === undefined) return null;
  const name = table['name'];
  const view: ForwardView = {
    spec: '',
    kind,
    listen,
    target,
    name: typeof name === 'string' ? name : null,
    enabled: table['enabled'] !== false,
  };
  return { ...draftOfForward(view, table, key), savedSpec: null };
}

export function emptyForward(key: string): ForwardDraft {
  return {
    key,
    savedSpec: null,
    listensHere: true,
    hasTarget: true,
    listenHost: '',
    listenPort: '',
    targetHost: '',
    targetPort: '',
    name: '',
    enabled: true,
    rest: {},
  };
}

/** Open to other machines: an address that is not loopback, on whichever machine listens. */
export function isBeyondLoopback(draft: ForwardDraft): boolean {
  const host = draft.listenHost
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1');
  if (host === '' || isSocketPath(host)) return false;
  return host !== 'localhost' && host !== '::1' && !/^127(\.\d{1,3}){3}$/.test(host);
}

/** Enough is said to check and draw it. */
export function isComplete(draft: ForwardDraft): boolean {
  const listens = isSocketPath(draft.listenHost) || draft.listenPort.trim() !== '';
  return listens && (!draft.hasTarget || isSocketPath(draft.targetHost) || draft.targetPort.trim() !== '');
}

/** `localhost:5432` of `local 5432 -> db:5432`. */
export function placeOf(spec: string): string {
  const listen = spec.replace(/^\S+\s+/, '').replace(/\s*->.*$/s, '');
  return /^\d/.test(listen) && !listen.includes(':') ? `localhost:${listen}` : listen;
}

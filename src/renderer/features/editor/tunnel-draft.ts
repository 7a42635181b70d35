import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { type KeyField, keyValue, textOf } from './key-fields.ts';
import { draftOfForward, draftOfValue, type ForwardDraft, type ForwardView, forwardValue } from './forward-draft.ts';

/** A tunnel as the form holds it. Empty texts mean: not in the file, the default holds. */
export interface TunnelDraft {
  readonly name: string;
  readonly group: string;
  readonly host: string;
  readonly start: string;
  readonly interactive: boolean;
  readonly production: boolean;
  readonly park: string;
  /** The rarer keys, as texts. */
  readonly more: Readonly<Record<string, string>>;
  readonly forwards: readonly ForwardDraft[];
}

/** The keys of a tunnel that the form folds away, in its order. */
export const tunnelMoreFields: readonly KeyField[] = [
  { key: 'description', kind: 'text' },
  { key: 'idle', kind: 'text' },
  { key: 'probe', kind: 'text-or-table' },
  { key: 'probe-timeout', kind: 'text' },
  { key: 'poll', kind: 'text' },
  { key: 'first-poll', kind: 'text' },
  { key: 'backoff', kind: 'text-or-table' },
  { key: 'stable', kind: 'text' },
  { key: 'gate-time', kind: 'text' },
  { key: 'max-starts', kind: 'number' },
  { key: 'max-lifetime', kind: 'text' },
];

/** What holds when one of them is empty. */
export const tunnelMoreDefaults: Readonly<Record<string, string>> = {
  idle: '5m',
  probe: 'keepalive',
  'probe-timeout': '10s',
  poll: '60s',
  backoff: 'exponential',
  stable: '10s',
  'gate-time': '0s',
  'max-starts': '-1',
  'max-lifetime': '0s',
};

export interface TunnelView {
  readonly name: string;
  readonly host: string;
  readonly group: string | null;
  readonly values: Readonly<Record<string, ConfigValue>>;
  readonly effective: Readonly<Record<string, ConfigValue>>;
  readonly forwards: readonly ForwardView[];
}

export const tunnelDefaults = { start: 'login', interactive: false, production: false, park: '20s' } as const;

export const emptyTunnel: TunnelDraft = {
  name: '',
  group: '',
  host: '',
  start: tunnelDefaults.start,
  interactive: tunnelDefaults.interactive,
  production: tunnelDefaults.production,
  park: '',
  more: {},
  forwards: [],
};

/** The form's values of a tunnel of the file. */
export function draftOfTunnel(view: TunnelView): TunnelDraft {
  const raw = view.values['forwards'];
  const list = Array.isArray(raw) && raw.length === view.forwards.length ? (raw as readonly ConfigValue[]) : [];
  return {
    name: view.name,
    group: text(view.values['group']),
    host: view.host,
    start: text(view.values['start']) || tunnelDefaults.start,
    interactive: view.values['interactive'] === true,
    production: view.values['production'] === true,
    park: text(view.values['park']),
    more: moreOf(view.values),
    forwards: view.forwards.map((forward, index) => draftOfForward(forward, list[index], `saved ${forward.spec}`)),
  };
}

function moreOf(values: Readonly<Record<string, ConfigValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tunnelMoreFields.flatMap(({ key }) => {
      const value = values[key];
      return value === undefined ? [] : [[key, textOf(value)]];
    }),
  );
}

function text(value: ConfigValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The edits that make a new tunnel. */
export function addTunnelEdits(draft: TunnelDraft): readonly ConfigEdit[] {
  const values: Record<string, ConfigValue> = { host: draft.host.trim() };
  for (const [key, value] of plainKeys(draft)) if (value !== null) values[key] = value;
  values['forwards'] = draft.forwards.map((forward) => forwardValue(forward));
  return [{ op: 'add-tunnel', name: draft.name.trim(), values }];
}

/**
 * The least edits that turn the saved tunnel into the draft: one `replace-forward` for one changed forward; what was not touched is not written.
 * Another name comes first, and the rest is said of the new one.
 */
export function changeTunnelEdits(saved: TunnelView, draft: TunnelDraft): readonly ConfigEdit[] {
  const before = draftOfTunnel(saved);
  const tunnel = draft.name.trim();
  const edits: ConfigEdit[] = [];
  if (tunnel !== saved.name) edits.push({ op: 'rename-tunnel', name: saved.name, to: tunnel });
  if (draft.host.trim() !== before.host)
    edits.push({ op: 'set', path: ['tunnels', tunnel, 'host'], value: draft.host.trim() });
  const old = new Map(plainKeys(before));
  for (const [key, value] of plainKeys(draft)) {
    if (value === (old.get(key) ?? null)) continue;
    const path = ['tunnels', tunnel, key];
    if (value !== null) edits.push({ op: 'set', path, value });
    else if (saved.values[key] !== undefined) edits.push({ op: 'delete', path });
  }
  return [...edits, ...forwardEdits(tunnel, before.forwards, draft.forwards)];
}

/** Replacements first, then additions, then removals: a list of forwards must never be empty in between. */
function forwardEdits(
  tunnel: string,
  before: readonly ForwardDraft[],
  after: readonly ForwardDraft[],
): readonly ConfigEdit[] {
  const replaced: ConfigEdit[] = [];
  const added: ConfigEdit[] = [];
  for (const forward of after) {
    if (forward.savedSpec === null) {
      added.push({ op: 'add-forward', tunnel, forward: forwardValue(forward) });
      continue;
    }
    const old = before.find(({ savedSpec }) => savedSpec === forward.savedSpec);
    if (old !== undefined && JSON.stringify(forwardValue(old)) === JSON.stringify(forwardValue(forward))) continue;
    replaced.push({ op: 'replace-forward', tunnel, spec: forward.savedSpec, forward: forwardValue(forward) });
  }
  const kept = new Set(after.map(({ savedSpec }) => savedSpec));
  const removed = before.flatMap(({ savedSpec }): ConfigEdit[] =>
    savedSpec === null || kept.has(savedSpec) ? [] : [{ op: 'remove-forward', tunnel, spec: savedSpec }],
  );
  return [...replaced, ...added, ...removed];
}

/** Keys with what would stand in the file; null: nothing, for it is the default. */
function plainKeys(draft: TunnelDraft): readonly (readonly [string, ConfigValue | null])[] {
  return [
    ['group', draft.group.trim() === '' ? null : draft.group.trim()],
    ['start', draft.start === tunnelDefaults.start ? null : draft.start],
    ['interactive', draft.interactive ? true : null],
    ['production', draft.production ? true : null],
    ['park', draft.park.trim() === '' ? null : draft.park.trim()],
    ...tunnelMoreFields.map((field) => [field.key, keyValue(field, draft.more[field.key] ?? '')] as const),
  ];
}

/** A value that the form leaves to the file. */
export function isTable(value: ConfigValue | undefined): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

/** What a pasted command fills in: the tunnel of its edits, and the edits for hosts that go before it. */
export interface FilledIn {
  readonly draft: TunnelDraft;
  readonly hostEdits: readonly ConfigEdit[];
}

/** Takes the tunnel out of parsed edits; null if there is none. */
export function fillFrom(edits: readonly ConfigEdit[]): FilledIn | null {
  const added = edits.find((edit) => edit.op === 'add-tunnel');
  if (added === undefined) return null;
  const { values } = added;
  const list = values['forwards'];
  const forwards = Array.isArray(list) ? (list as readonly ConfigValue[]) : [];
  return {
    draft: {
      name: added.name,
      group: text(values['group']),
      host: text(values['host']),
      start: text(values['start']) || tunnelDefaults.start,
      interactive: values['interactive'] === true,
      production: values['production'] === true,
      park: text(values['park']),
      more: moreOf(values),
      forwards: forwards.flatMap((value, index) => draftOfValue(value, `pasted-${index}`) ?? []),
    },
    hostEdits: edits.filter((edit) => edit !== added),
  };
}

/** A name nobody has, made from a wish. */
export function freeName(wish: string, taken: ReadonlySet<string>): string {
  const base =
    wish
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^-+/, '')
      .slice(0, 60) || 'tunnel';
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

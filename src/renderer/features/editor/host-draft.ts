import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { assertNever } from '../../../shared/model/failure.ts';

/** Kinds of a host's keys in the form; all texts, so that nothing is lost while typing. `list` has one item a line. */
export type HostField =
  | { readonly key: string; readonly kind: 'text' | 'number' | 'list' | 'jump' }
  | { readonly key: string; readonly kind: 'flag'; readonly fallback: boolean }
  | { readonly key: string; readonly kind: 'choice'; readonly choices: readonly string[]; readonly fallback: string }
  | { readonly key: string; readonly kind: 'agent' };

/** Every key of a host in the order of the form, in its sections. Defaults are those of docs/configuration.md. */
export const hostSections = {
  where: [
    { key: 'address', kind: 'text' },
    { key: 'port', kind: 'number' },
    { key: 'user', kind: 'text' },
    { key: 'jump', kind: 'jump' },
    { key: 'proxy', kind: 'text' },
    { key: 'proxy-command', kind: 'text' },
  ],
  login: [
    { key: 'identity', kind: 'list' },
    { key: 'agent', kind: 'agent' },
    { key: 'identities-only', kind: 'flag', fallback: false },
    { key: 'auth-tries', kind: 'number' },
  ],
  trust: [
    { key: 'host-key-policy', kind: 'choice', choices: ['ask', 'strict', 'accept-new'], fallback: 'ask' },
    { key: 'known-hosts', kind: 'list' },
    { key: 'host-key-alias', kind: 'text' },
    { key: 'update-host-keys', kind: 'flag', fallback: true },
  ],
  link: [
    { key: 'transport', kind: 'choice', choices: ['ssh2', 'openssh'], fallback: 'ssh2' },
    { key: 'connect-timeout', kind: 'text' },
    { key: 'auth-timeout', kind: 'text' },
    { key: 'alive-interval', kind: 'text' },
    { key: 'alive-count-max', kind: 'number' },
    { key: 'compression', kind: 'flag', fallback: false },
  ],
} as const satisfies Record<string, readonly HostField[]>;

export type HostSection = keyof typeof hostSections;
export const hostFields: readonly HostField[] = Object.values(hostSections).flat();

/** A host as the form holds it: its name and a text for each key; `''` is the default, flags are `true` and `false`. */
export interface HostDraft {
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
}

export interface HostView {
  readonly name: string;
  readonly values: Readonly<Record<string, ConfigValue>>;
  readonly effective: Readonly<Record<string, ConfigValue>>;
}

export const emptyHost: HostDraft = { name: '', texts: {} };

export function draftOfHost(view: HostView): HostDraft {
  const texts: Record<string, string> = {};
  for (const { key } of hostFields) {
    const value = view.values[key];
    if (value !== undefined) texts[key] = textOf(value);
  }
  return { name: view.name, texts };
}

function textOf(value: ConfigValue): string {
  if (Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'object' ? '' : String(value);
}

/** The value to write for a field's text; null: none, the default holds. What is no number stays text, and the engine says what is wrong. */
export function hostValue(field: HostField, text: string): ConfigValue | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  switch (field.kind) {
    case 'text':
      return trimmed;
    case 'number':
      return /^-?\d{1,9}$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'list':
    case 'jump': {
      return trimmed
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '');
    }
    case 'flag':
      return (trimmed === 'true') === field.fallback ? null : trimmed === 'true';
    case 'choice':
      return trimmed === field.fallback ? null : trimmed;
    case 'agent':
      return trimmed === 'true' ? null : trimmed === 'false' ? false : trimmed;
    default:
      return assertNever(field);
  }
}

export function addHostEdits(draft: HostDraft): readonly ConfigEdit[] {
  const values: Record<string, ConfigValue> = {};
  for (const field of hostFields) {
    const value = hostValue(field, draft.texts[field.key] ?? '');
    if (value !== null) values[field.key] = value;
  }
  return [{ op: 'add-host', name: draft.name.trim(), values }];
}

/** The least edits; the name of a saved host stays (tunnels and jump chains refer to it). */
export function changeHostEdits(saved: HostView, draft: HostDraft): readonly ConfigEdit[] {
  const before = draftOfHost(saved);
  const edits: ConfigEdit[] = [];
  for (const field of hostFields) {
    const old = hostValue(field, before.texts[field.key] ?? '');
    const value = hostValue(field, draft.texts[field.key] ?? '');
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    const path = ['hosts', saved.name, field.key];
    if (value !== null) edits.push({ op: 'set', path, value });
    else if (saved.values[field.key] !== undefined) edits.push({ op: 'delete', path });
  }
  return edits;
}

/** Tunnels and hosts that would be left without this host. */
export function usersOfHost(
  name: string,
  hosts: readonly HostView[],
  tunnels: readonly { readonly name: string; readonly host: string }[],
): readonly string[] {
  const jumps = (value: ConfigValue | undefined): boolean =>
    Array.isArray(value) ? value.includes(name) : value === name;
  return [
    ...tunnels.filter(({ host }) => host === name).map((tunnel) => tunnel.name),
    ...hosts.filter(({ values }) => jumps(values['jump'])).map((host) => host.name),
  ];
}

/** What holds when a field is empty, for its placeholder. */
export const hostDefaults: Readonly<Record<string, string>> = {
  port: '22',
  'auth-tries': '2',
  'connect-timeout': '15s',
  'auth-timeout': '30s',
  'alive-interval': '15s',
  'alive-count-max': '3',
};

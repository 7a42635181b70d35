import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { type KeyField, keyValue, textOf } from './key-fields.ts';

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
    { key: 'auth-methods', kind: 'list' },
    { key: 'auth-tries', kind: 'number' },
  ],
  trust: [
    { key: 'host-key-policy', kind: 'choice', choices: ['ask', 'strict', 'accept-new'], fallback: 'ask' },
    { key: 'known-hosts', kind: 'list' },
    { key: 'host-key-pins', kind: 'list' },
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
  rare: [
    { key: 'certificates', kind: 'list' },
    { key: 'legacy-algorithms', kind: 'list' },
    { key: 'bind-address', kind: 'text' },
    { key: 'address-family', kind: 'choice', choices: ['any', 'inet', 'inet6'], fallback: 'any' },
    { key: 'rekey-bytes', kind: 'text' },
    { key: 'rekey-interval', kind: 'text' },
    { key: 'max-channels', kind: 'number' },
    { key: 'hash-known-hosts', kind: 'flag', fallback: false },
    { key: 'tcp-keep-alive', kind: 'flag', fallback: true },
  ],
} as const satisfies Record<string, readonly KeyField[]>;

export type HostSection = keyof typeof hostSections;
export const hostFields: readonly KeyField[] = Object.values(hostSections).flat();

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

export function addHostEdits(draft: HostDraft): readonly ConfigEdit[] {
  const values: Record<string, ConfigValue> = {};
  for (const field of hostFields) {
    const value = keyValue(field, draft.texts[field.key] ?? '');
    if (value !== null) values[field.key] = value;
  }
  return [{ op: 'add-host', name: draft.name.trim(), values }];
}

/** The least edits; the name of a saved host stays (tunnels and jump chains refer to it). */
export function changeHostEdits(saved: HostView, draft: HostDraft): readonly ConfigEdit[] {
  const before = draftOfHost(saved);
  const edits: ConfigEdit[] = [];
  for (const field of hostFields) {
    const old = keyValue(field, before.texts[field.key] ?? '');
    const value = keyValue(field, draft.texts[field.key] ?? '');
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
  'rekey-bytes': '1G',
  'rekey-interval': '1h',
  'max-channels': '1000',
};

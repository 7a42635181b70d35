import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';

/** A setting of the configuration file, with the default of docs/configuration.md. */
export type FileSetting =
  | { readonly key: string; readonly kind: 'choice'; readonly choices: readonly string[]; readonly fallback: string }
  | { readonly key: string; readonly kind: 'text' | 'number'; readonly fallback: string };

export const fileSettings = {
  app: [{ key: 'language', kind: 'choice', choices: ['system', 'en', 'de'], fallback: 'system' }],
  logins: [
    { key: 'pool-idle', kind: 'text', fallback: '60s' },
    { key: 'pool-max-lifetime', kind: 'text', fallback: '0s' },
  ],
  retry: [
    { key: 'backoff-first', kind: 'text', fallback: '1s' },
    { key: 'backoff-cap', kind: 'text', fallback: '60s' },
  ],
  secrets: [
    { key: 'secret-store', kind: 'choice', choices: ['keychain', 'vault', 'memory'], fallback: 'keychain' },
    { key: 'vault-file', kind: 'text', fallback: '' },
  ],
  log: [
    { key: 'log-level', kind: 'choice', choices: ['error', 'warn', 'info', 'debug', 'trace'], fallback: 'info' },
    { key: 'log-max-bytes', kind: 'text', fallback: '5M' },
    { key: 'log-files', kind: 'number', fallback: '5' },
  ],
} as const satisfies Record<string, readonly FileSetting[]>;

/** What the file says, as text; empty: the default. */
export function settingText(values: Readonly<Record<string, ConfigValue>>, key: string): string {
  const value = values[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The one edit of a change: what equals the default is taken out of the file. Null: nothing to write. */
export function settingEdit(
  values: Readonly<Record<string, ConfigValue>>,
  setting: FileSetting,
  text: string,
): ConfigEdit | null {
  const path = ['settings', setting.key];
  if (text === settingText(values, setting.key)) return null;
  if (text === '' || text === setting.fallback)
    return values[setting.key] === undefined ? null : { op: 'delete', path };
  return { op: 'set', path, value: setting.kind === 'number' && /^\d{1,9}$/.test(text) ? Number(text) : text };
}

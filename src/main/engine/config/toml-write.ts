import { HoldfastError } from '../../../shared/model/failure.ts';
import { hasLoneSurrogate } from './forward-spec.ts';

/** A value as an edit writes it. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };

/** The TOML text of a value, on one line. Throws a `HoldfastError` of code `config` for what TOML cannot hold. */
export function formatValue(value: TomlValue): string {
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw unwritable(`the number ${value}`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(formatValue).join(', ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${formatName(key)} = ${formatValue(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** A key, in quotes if it needs them. */
export function formatName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : formatString(name);
}

/** A dotted key. */
export function formatDotted(path: readonly string[]): string {
  return path.map(formatName).join('.');
}

const escapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

function formatString(text: string): string {
  if (hasLoneSurrogate(text)) throw unwritable('half a character');
  const escaped = text.replaceAll(/[\u0000-\u001f"\\\u007f-\u009f]/g, (char) => {
    return escapes[char] ?? `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function isList(value: TomlValue): value is readonly TomlValue[] {
  return Array.isArray(value);
}

function unwritable(what: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: 'configuration',
    message: `The configuration cannot hold ${what}.`,
    next: 'Give another value.',
  });
}

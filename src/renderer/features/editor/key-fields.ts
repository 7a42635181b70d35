import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { assertNever } from '../../../shared/model/failure.ts';

/** Kinds of keys of hosts and tunnels in a form; all texts, so that nothing is lost while typing. `list` has one item a line. */
export type KeyField =
  | { readonly key: string; readonly kind: 'text' | 'number' | 'list' | 'jump' }
  /** A text, or a table, which is left to the file. */
  | { readonly key: string; readonly kind: 'text-or-table' }
  | { readonly key: string; readonly kind: 'flag'; readonly fallback: boolean }
  | { readonly key: string; readonly kind: 'choice'; readonly choices: readonly string[]; readonly fallback: string }
  | { readonly key: string; readonly kind: 'agent' };

/** What stands in the file, as the form holds it; a table is empty. */
export function textOf(value: ConfigValue): string {
  if (Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'object' ? '' : String(value);
}

/** The value to write for a field's text; null: none, the default holds. What is no number stays text, and the engine says what is wrong. */
export function keyValue(field: KeyField, text: string): ConfigValue | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  switch (field.kind) {
    case 'text':
    case 'text-or-table':
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

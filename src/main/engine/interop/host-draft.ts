import type { Said } from '../../../shared/i18n/said.ts';
import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';

/** A host on its way into the configuration: its keys there, and what could not be taken over. */
export interface HostDraft {
  readonly values: Record<string, ConfigValue>;
  readonly notes: Said[];
  /** Options that were given already: in ssh the first one counts. */
  readonly seen: Set<string>;
}

export function newHostDraft(): HostDraft {
  return { values: {}, notes: [], seen: new Set() };
}

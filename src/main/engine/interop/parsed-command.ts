import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';

/** What came of a pasted command. */
export interface ParsedSshCommand {
  /** Why no tunnel came of it, in a sentence; null if one did. */
  readonly problem: string | null;
  readonly edits: ConfigEdit[];
  /** Name of the tunnel that the edits add. */
  readonly tunnel: string | null;
  /** What was left out or read in a way that should be known. */
  readonly notes: string[];
  /** The same as facts. */
  readonly said: { readonly problem: Said | null; readonly notes: readonly Said[] };
}

/** No tunnel came of it. */
export function failed(problem: Said, notes: readonly Said[]): ParsedSshCommand {
  return parsed({ problem, edits: [], tunnel: null, notes });
}

/** Each note once. */
export function parsed({
  problem,
  edits,
  tunnel,
  notes,
}: {
  readonly problem: Said | null;
  readonly edits: readonly ConfigEdit[];
  readonly tunnel: string | null;
  readonly notes: readonly Said[];
}): ParsedSshCommand {
  const byText = new Map(notes.map((note) => [inEnglish(note), note]));
  return {
    problem: problem === null ? null : inEnglish(problem),
    edits: [...edits],
    tunnel,
    notes: [...byText.keys()],
    said: { problem, notes: [...byText.values()] },
  };
}

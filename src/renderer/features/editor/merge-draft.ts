import { type ForwardDraft, forwardValue } from './forward-draft.ts';
import type { TunnelDraft } from './tunnel-draft.ts';

/** A draft after the file was changed by somebody else, and what both changed, each in another way. */
export interface Merged<T> {
  readonly draft: T;
  /** Keys that both changed; the draft has what was typed. */
  readonly conflicts: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Field by field: what was not touched here is the file's. */
export function mergeFields<T extends Fields>(base: T, mine: T, theirs: T): Merged<T> {
  const merged: Record<string, unknown> = { ...theirs };
  const conflicts: string[] = [];
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const [was, typed, now] = [base[key], mine[key], theirs[key]];
    if (same(typed, was) || same(typed, now)) continue;
    merged[key] = typed;
    if (!same(now, was)) conflicts.push(key);
  }
  return { draft: merged as T, conflicts };
}

/** The same for a tunnel; forwards are told apart by what stands in the file. */
export function mergeTunnel(base: TunnelDraft, mine: TunnelDraft, theirs: TunnelDraft): Merged<TunnelDraft> {
  const { forwards: _was, more: moreWas, ...was } = base;
  const { forwards: _typed, more: moreTyped, ...typed } = mine;
  const { forwards: _now, more: moreNow, ...now } = theirs;
  const plain = mergeFields(was, typed, now);
  const more = mergeFields(moreWas, moreTyped, moreNow);
  const forwards = mergeForwards(base.forwards, mine.forwards, theirs.forwards);
  return {
    draft: { ...plain.draft, more: more.draft, forwards: forwards.draft },
    conflicts: [...plain.conflicts, ...more.conflicts, ...forwards.conflicts],
  };
}

function mergeForwards(
  base: readonly ForwardDraft[],
  mine: readonly ForwardDraft[],
  theirs: readonly ForwardDraft[],
): Merged<readonly ForwardDraft[]> {
  const bySpec = (list: readonly ForwardDraft[], spec: string | null): ForwardDraft | undefined =>
    spec === null ? undefined : list.find(({ savedSpec }) => savedSpec === spec);
  let isConflict = false;
  const kept = theirs.flatMap((now): ForwardDraft[] => {
    const was = bySpec(base, now.savedSpec);
    const typed = bySpec(mine, now.savedSpec);
    if (was === undefined) return [now];
    if (typed === undefined) return [];
    if (sameForward(typed, was)) return [{ ...now, key: typed.key }];
    if (!sameForward(now, was) && !sameForward(now, typed)) isConflict = true;
    return [typed];
  });
  const rest = mine.flatMap((typed): ForwardDraft[] => {
    if (typed.savedSpec === null) return [typed];
    if (bySpec(theirs, typed.savedSpec) !== undefined) return [];
    const was = bySpec(base, typed.savedSpec);
    // The file has it no more: gone here too, unless something was typed into it.
    if (was !== undefined && sameForward(typed, was)) return [];
    isConflict = true;
    return [{ ...typed, savedSpec: null }];
  });
  return { draft: [...kept, ...rest], conflicts: isConflict ? ['forwards'] : [] };
}

function sameForward(a: ForwardDraft, b: ForwardDraft): boolean {
  return same(forwardValue(a), forwardValue(b));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

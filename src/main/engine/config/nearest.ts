/** The candidate that `text` was probably meant to be, or null if none is near: at most a third of its letters differ. */
export function nearest<T extends string>(text: string, candidates: Iterable<T>): T | null {
  const wanted = text.slice(0, 64).toLowerCase().replaceAll('_', '-');
  const list = [...candidates].slice(0, mostCandidates);
  let best: T | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of list) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best === null) return null;
  const limit = Math.max(1, Math.floor(Math.max(wanted.length, best.length) / 3));
  if (bestDistance <= limit) return best;
  // `timeout` for `connect-timeout`, `keys` for nothing.
  const part = list.find((candidate) => wanted.length >= 4 && candidate.split('-').includes(wanted));
  return part ?? null;
}

/** A hint must not take longer than the check itself. */
const mostCandidates = 300;

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

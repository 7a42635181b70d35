import { readdir } from 'node:fs/promises';
import { matchWildcard } from '../../../shared/model/wildcard.ts';

export interface GlobResult {
  /** Sorted by their bytes, as glob(3) does in the C locale. */
  readonly paths: readonly string[];
  /** False: the pattern, or a name that it meets, is one that the systems' glob(3) and this one may see differently. */
  readonly certain: boolean;
  /** Folders whose names the pattern was held against. */
  readonly folders: readonly string[];
}

/** Steps that matching may still take; below zero the answer is cut off. */
export interface GlobBudget {
  steps: number;
}

/** What it counts to open a folder. */
const folderSteps = 2000;
/** PATH_MAX: nothing longer is a path. */
const longestPattern = 4096;

/** glob(3) over whole paths. What holds no pattern is itself, whether it is there or not. Nothing is normalized: behind a link, `..` is elsewhere. */
export async function globPaths(pattern: string, budget: GlobBudget): Promise<GlobResult> {
  if (pattern.length > longestPattern) return { paths: [], certain: false, folders: [] };
  if (!/[*?[\\]/.test(pattern)) return { paths: [pattern], certain: true, folders: [] };
  let certain = !pattern.includes('\\');
  let found = [''];
  const folders: string[] = [];
  for (const [index, segment] of pattern.split('/').entries()) {
    const elements = /[*?[]/.test(segment) ? globElements(segment) : null;
    if (elements === null) {
      certain &&= !segment.includes('[');
      found = found.map((before) => (index === 0 ? segment : `${before}/${segment}`));
      continue;
    }
    const next: string[] = [];
    for (const before of found) {
      const folder = index === 0 ? '.' : `${before}/`;
      budget.steps -= folderSteps;
      folders.push(folder);
      const names = budget.steps < 0 ? [] : await readdir(folder).catch(() => []);
      for (const name of segment.startsWith('.') ? ['.', '..', ...names] : names) {
        budget.steps -= elements.length * (name.length + 1);
        if (budget.steps < 0) return { paths: [], certain: false, folders };
        const seen = matchName(name, elements);
        if (seen === 'no') continue;
        certain &&= seen === 'yes';
        next.push(index === 0 ? name : `${before}/${name}`);
      }
    }
    if (budget.steps < 0) return { paths: [], certain: false, folders };
    found = next.sort((a, b) => (a < b ? -1 : 1));
  }
  return { paths: found, certain, folders };
}

/** `?`, `*`, `[set]` or a character each; null if a set is one that is not read here: classes, escapes, ranges beyond ASCII, no end. */
function globElements(segment: string): string[] | null {
  const elements: string[] = [];
  for (let at = 0; at < segment.length; at += 1) {
    const char = segment.charAt(at);
    if (char !== '[') {
      elements.push(char);
      continue;
    }
    const set = /^\[!?[\x20-\x5a\x5f-\x7e]+\]/.exec(segment.slice(at))?.[0];
    if (set === undefined || set === '[!]') return null;
    elements.push(set);
    at += set.length - 1;
  }
  return elements;
}

/** `maybe`: bytes beyond ASCII are one character or several, as the locale has it, and a name that is no UTF-8 cannot be opened from here. */
function matchName(name: string, elements: readonly string[]): 'yes' | 'no' | 'maybe' {
  if (name.startsWith('.') && elements[0] !== '.') return 'no';
  if (matchWildcard(name, elements, isOne)) return name.includes('\uFFFD') ? 'maybe' : 'yes';
  if (/^[\0-\x7f]*$/.test(name)) return 'no';
  const wider = elements.map((element) => (element === '?' || element.length > 1 ? '*' : element));
  return matchWildcard(name, wider, isOne) ? 'maybe' : 'no';
}

function isOne(element: string, char: string): boolean {
  if (element.length === 1) return element === char;
  const isNegated = element.startsWith('[!');
  const set = element.slice(isNegated ? 2 : 1, -1);
  let isIn = false;
  for (let at = 0; at < set.length; at += 1) {
    const isRange = set.charAt(at + 1) === '-' && at + 2 < set.length;
    const last = isRange ? set.charAt(at + 2) : set.charAt(at);
    isIn ||= set.charAt(at) <= char && char <= last;
    if (isRange) at += 2;
  }
  return isIn !== isNegated;
}

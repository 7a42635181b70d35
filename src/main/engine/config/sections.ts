import type { z } from 'zod';
import { nearest } from './nearest.ts';
import type { ConfigProblem, KeyPath } from './problem.ts';
import { formatKey, mostTold } from './problem.ts';
import { lineOf, nodeAt, TomlOddity, type TomlNode, type TomlTable, toPlain } from './toml-tree.ts';

/** What checking one section against its schema gave. */
export interface SectionResult<T> {
  /** With the faulty keys left out and the required ones filled in: good enough to check the rest. Null: nothing to be made of it. */
  readonly value: T | null;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Checks the table at `path` with `schema`. All its problems are found, also those of keys beside a faulty one: the second round runs without
 * what the first complained about. `fillIn` has stand-ins for required keys.
 */
export function readSection<T>(
  schema: z.ZodType<T>,
  root: TomlTable,
  path: KeyPath,
  fillIn: Readonly<Record<string, unknown>>,
  knownKeys: readonly string[],
): SectionResult<T> {
  const node = nodeAt(root, path);
  const plain = node === null ? {} : toPlain(node);
  const first = schema.safeParse(plain);
  if (first.success) return { value: first.data, problems: [] };
  const problems: ConfigProblem[] = [];
  const told = new Set<string>();
  for (const problem of first.error.issues.flatMap((issue) => issueProblems(issue, root, path, knownKeys))) {
    // The first complaint about a value is enough: what does not match an empty text is not news.
    if (told.has(problem.key)) continue;
    told.add(problem.key);
    problems.push(problem);
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return { value: null, problems };
  // First with a stand-in for each faulty list item, so that the places of the others stay; then without the whole key.
  let value: T | null = null;
  for (const keepLists of [true, false]) {
    const rest: Record<string, unknown> = { ...plain };
    for (const issue of first.error.issues) {
      const key = issue.path[0];
      if (issue.code === 'unrecognized_keys' && issue.path.length === 0)
        for (const name of issue.keys) delete rest[name];
      else if (typeof key === 'string') drop(rest, key, keepLists ? issue.path[1] : undefined);
    }
    for (const [key, standIn] of Object.entries(fillIn)) rest[key] ??= standIn;
    const again = schema.safeParse(rest);
    if (again.success) {
      value = again.data;
      break;
    }
  }
  return { value, problems };
}

/** What stands for a faulty list item, so that the places of the others do not move. */
export const faultyItem = '\u2026';

function drop(rest: Record<string, unknown>, key: string, item: PropertyKey | undefined): void {
  const value = rest[key];
  if (Array.isArray(value) && typeof item === 'number') rest[key] = value.with(item, faultyItem);
  else delete rest[key];
}

type Issue = z.core.$ZodIssue;

function issueProblems(issue: Issue, root: TomlTable, base: KeyPath, knownKeys: readonly string[]): ConfigProblem[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const node = nodeAt(root, path);
  if (issue.code === 'unrecognized_keys') {
    const candidates = issue.path.length === 0 ? knownKeys : keysBelow(issue.path);
    // Looking for the nearest costs more than all the rest: only for so many as are told.
    return issue.keys.map((key, at) => unknownKey(root, [...path, key], at < mostTold ? candidates : []));
  }
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue, node);
    if (branch !== null) return branch.flatMap((inner) => issueProblems(inner, root, path, knownKeys));
  }
  if (node === null)
    return [{ line: lineOf(root, path), key: formatKey(path), message: `is missing: ${issue.message}` }];
  return [{ line: lineOf(root, path), key: formatKey(path), message: `${issue.message}${found(issue, node)}` }];
}

/** The alternative that the writer probably meant: one whose own type fits what is there. */
function bestBranch(issue: Extract<Issue, { code: 'invalid_union' }>, node: TomlNode | null): readonly Issue[] | null {
  const fitting = issue.errors.filter(
    (errors) => !errors.some((inner) => inner.path.length === 0 && wrongKind(inner, node)),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function wrongKind(issue: Issue, node: TomlNode | null): boolean {
  if (issue.code === 'invalid_value') return node?.kind !== 'leaf' || typeof node.value !== 'string';
  return issue.code === 'invalid_type' || issue.code === 'invalid_union';
}

const tableKeys: Readonly<Record<string, readonly string[]>> = {
  forwards: ['type', 'listen', 'to', 'name', 'enabled', 'max-connections', 'unlink'],
  probe: ['type', 'host', 'port', 'command'],
  backoff: ['first', 'cap'],
};

function keysBelow(path: readonly PropertyKey[]): readonly string[] {
  return tableKeys[String(path[0])] ?? [];
}

export function unknownKey(root: TomlTable, path: KeyPath, candidates: readonly string[]): ConfigProblem {
  const key = String(path.at(-1) ?? '');
  const guess = nearest(key, candidates);
  const node = nodeAt(root, path);
  let hint = guess === null ? '' : `; the nearest known key is "${guess}"`;
  if (guess === null && node?.kind === 'table' && path.length === 3 && isDottedName(node)) {
    const name = [path[1], key].join('.');
    hint = `; a name with a dot stands in quotes: [${String(path[0])}.${JSON.stringify(name)}]`;
  } else if (guess === null && candidates.length > 0 && candidates.length <= 10) {
    hint = `; known keys are ${candidates.join(', ')}`;
  }
  return { line: lineOf(root, path), key: formatKey(path), message: `unknown key${hint}` };
}

/** `[hosts.a.b]` where `[hosts."a.b"]` was meant. */
function isDottedName(node: TomlTable): boolean {
  return node.entries.has('address') || node.entries.has('host');
}

/** What stands in the file, for the end of a message. */
function found(issue: Issue, node: TomlNode): string {
  if (node.kind === 'table') return ', got a table';
  if (node.kind === 'list') return issue.code === 'too_small' || issue.code === 'too_big' ? '' : ', got a list';
  if (node.value instanceof TomlOddity) return `, got ${node.value.description}`;
  if (typeof node.value !== 'string') return `, got ${String(node.value)}`;
  if (issue.code === 'too_big' || issue.code === 'custom') return '';
  const text = node.value.length > 60 ? `${node.value.slice(0, 60)}…` : node.value;
  const guess = issue.code === 'invalid_value' ? nearest(node.value, issue.values.map(String)) : null;
  return `, got ${JSON.stringify(text)}${guess === null ? '' : `; the nearest is "${guess}"`}`;
}

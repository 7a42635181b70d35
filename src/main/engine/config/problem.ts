import { cleanLine } from '../../../shared/model/clean-text.ts';

/** One thing that is wrong (or, as a warning, odd) in a configuration file. */
export interface ConfigProblem {
  /** From 1. */
  readonly line: number;
  /** Dotted path, like `hosts.bastion.prot`; `syntax` and `file` for what is wrong before there are keys. */
  readonly key: string;
  /** What is wrong, what was expected, and the nearest known key or name. One line. */
  readonly message: string;
}

/** The problem as it may be shown: names and values of the file stand in it, with any characters. */
export function cleanProblem({ line, key, message }: ConfigProblem): ConfigProblem {
  return { line, key: cleanLine(key, longestShown), message: cleanLine(message, longestShown) };
}

const longestShown = 4096;

/** `FILE:LINE: KEY: what`, as `holdfast check` prints it. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const { line, key, message } = cleanProblem(problem);
  return `${cleanLine(file, longestShown)}:${line}: ${key}: ${message}`;
}

/** So many problems of one file are told; a file of another kind, or a broken generator, can have tens of thousands. */
export const mostTold = 100;

/** The first problems of a file as text, one a line, and how many there are if that is not all. */
export function describeProblems(file: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, mostTold).map((problem) => formatProblem(file, problem));
  const left = problems.length - mostTold;
  if (left === 1) lines.push(`${file}: 1 more problem, ${problems.length} altogether`);
  if (left > 1) lines.push(`${file}: ${left} more problems, ${problems.length} altogether`);
  return lines.join('\n');
}

export type KeyPath = readonly (string | number)[];

/** A path as one would write it in TOML; list items as `[2]`, counted from 0. */
export function formatKey(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += `${text === '' ? '' : '.'}${/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part.slice(0, 80))}`;
  }
  return text;
}

import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { assertNever } from '../../../shared/model/failure.ts';
import type { ConfigProblem, KeyPath } from './problem.ts';
import { nestingProblem } from './toml-depth.ts';

/** A TOML value with its place in the text. */
export type TomlNode = TomlTable | TomlList | TomlLeaf;

export interface TomlTable {
  readonly kind: 'table';
  readonly line: number;
  readonly entries: Map<string, TomlEntry>;
  /** Where the table is written. Several for one that is put together from dotted keys; none if only headers below it name it. */
  readonly sources: TomlSource[];
}

export type TomlSource =
  | { readonly kind: 'root' }
  | { readonly kind: 'header'; readonly table: AST.TOMLTable }
  | { readonly kind: 'inline'; readonly table: AST.TOMLInlineTable }
  /** The first `depth` parts of the key of this `a.b.c = value` lead here. */
  | { readonly kind: 'dotted'; readonly keyValue: AST.TOMLKeyValue; readonly depth: number };

export interface TomlEntry {
  readonly node: TomlNode;
  /** Line of the key. */
  readonly line: number;
  /** The `key = value` that made it; null if headers or dotted keys did. */
  readonly keyValue: AST.TOMLKeyValue | null;
}

export interface TomlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: TomlNode[];
  /** Null: an array of tables (`[[x]]`). */
  readonly array: AST.TOMLArray | null;
}

export interface TomlLeaf {
  readonly kind: 'leaf';
  readonly line: number;
  /** A date keeps its text; a float that is not finite its word. */
  readonly value: string | number | boolean | TomlOddity;
  readonly ast: AST.TOMLValue;
}

/** A value of TOML that no key of ours takes. */
export class TomlOddity {
  readonly description: string;
  constructor(description: string) {
    this.description = description;
  }
}

export interface TomlDocument {
  readonly text: string;
  readonly program: AST.TOMLProgram;
  readonly root: TomlTable;
}

/** Longest accepted line: the parser's own limits lie above it, and they are not friendly. */
const longestLine = 65_536;

/** Parses TOML 1.1 (and so 1.0) into a tree that knows its lines. One problem at most: the parser ends at the first. */
export function parseToml(text: string): { document: TomlDocument } | { problem: ConfigProblem } {
  const early = checkLines(text) ?? nestingProblem(text);
  if (early !== null) return { problem: early };
  try {
    const program = parseTOML(text);
    return { document: { text, program, root: buildTree(program) } };
  } catch (error) {
    return { problem: syntaxProblem(error, text) };
  }
}

function checkLines(text: string): ConfigProblem | null {
  let line = 1;
  for (let start = 0; start <= text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (end - start > longestLine) {
      return { line, key: 'syntax', message: `the line is longer than ${longestLine} characters` };
    }
    start = end + 1;
  }
  return null;
}

function syntaxProblem(error: unknown, text: string): ConfigProblem {
  if (error instanceof ParseError) {
    const own = `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
    const message = own === 'unspecified values are invalid' ? 'expected a value' : own;
    // What is missing is noticed behind the newline; it is missing on the line before.
    const missing = /^(expected|unterminated|missing|the key, equals sign)/.test(message);
    const before = text.slice(0, error.index).trimEnd();
    const line = missing ? Math.min(error.lineNumber, before.split('\n').length) : error.lineNumber;
    return { line, key: 'syntax', message };
  }
  if (error instanceof RangeError) return { line: 1, key: 'syntax', message: 'the values are nested too deeply' };
  return { line: 1, key: 'syntax', message: 'this is not TOML that can be read' };
}

function buildTree(program: AST.TOMLProgram): TomlTable {
  const top = program.body[0];
  const root: TomlTable = { kind: 'table', line: 1, entries: new Map(), sources: [{ kind: 'root' }] };
  for (const item of top.body) {
    if (item.type === 'TOMLKeyValue') addKeyValue(root, item);
    else addHeader(root, item);
  }
  return root;
}

function addHeader(root: TomlTable, header: AST.TOMLTable): void {
  const names = header.key.keys.map(keyName);
  const line = header.loc.start.line;
  const last = names.pop() ?? '';
  const parent = descend(root, names, line, null);
  const found = parent.entries.get(last);
  let table: TomlTable;
  if (header.kind === 'array') {
    table = { kind: 'table', line, entries: new Map(), sources: [{ kind: 'header', table: header }] };
    if (found?.node.kind === 'list') found.node.items.push(table);
    else parent.entries.set(last, { node: { kind: 'list', line, items: [table], array: null }, line, keyValue: null });
  } else if (found?.node.kind === 'table') {
    // Made before by a deeper header: from here on it has a line of its own.
    table = { ...found.node, line };
    table.sources.push({ kind: 'header', table: header });
    parent.entries.set(last, { node: table, line, keyValue: null });
  } else {
    table = { kind: 'table', line, entries: new Map(), sources: [{ kind: 'header', table: header }] };
    parent.entries.set(last, { node: table, line, keyValue: null });
  }
  for (const keyValue of header.body) addKeyValue(table, keyValue);
}

function addKeyValue(table: TomlTable, keyValue: AST.TOMLKeyValue): void {
  const names = keyValue.key.keys.map(keyName);
  const last = names.pop() ?? '';
  const line = keyValue.loc.start.line;
  descend(table, names, line, keyValue).entries.set(last, { node: toNode(keyValue.value), line, keyValue });
}

/** The table at `names`, made where it is missing. The parser has already refused what TOML forbids. */
function descend(
  from: TomlTable,
  names: readonly string[],
  line: number,
  keyValue: AST.TOMLKeyValue | null,
): TomlTable {
  let table = from;
  for (const [index, name] of names.entries()) {
    const entry = table.entries.get(name);
    let node = entry?.node;
    if (node?.kind === 'list') node = node.items.at(-1);
    if (node?.kind !== 'table') {
      node = { kind: 'table', line, entries: new Map(), sources: [] };
      table.entries.set(name, { node, line, keyValue: null });
    }
    if (keyValue !== null) node.sources.push({ kind: 'dotted', keyValue, depth: index + 1 });
    table = node;
  }
  return table;
}

function toNode(value: AST.TOMLContentNode): TomlNode {
  const line = value.loc.start.line;
  if (value.type === 'TOMLArray') return { kind: 'list', line, items: value.elements.map(toNode), array: value };
  if (value.type === 'TOMLInlineTable') {
    const table: TomlTable = { kind: 'table', line, entries: new Map(), sources: [{ kind: 'inline', table: value }] };
    for (const keyValue of value.body) addKeyValue(table, keyValue);
    return table;
  }
  return { kind: 'leaf', line, value: leafValue(value), ast: value };
}

function leafValue(value: AST.TOMLValue): TomlLeaf['value'] {
  switch (value.kind) {
    case 'string':
    case 'boolean':
      return value.value;
    case 'integer':
      return Number.isSafeInteger(value.value) ? value.value : new TomlOddity(`the number ${value.number}`);
    case 'float':
      return Number.isFinite(value.value) ? value.value : new TomlOddity(`the number ${value.number}`);
    case 'offset-date-time':
    case 'local-date-time':
    case 'local-date':
    case 'local-time':
      return new TomlOddity(`the date or time ${value.datetime}`);
    default:
      return assertNever(value);
  }
}

export function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

/** The tree as plain values, with null prototypes so that no key can reach `Object.prototype`. */
export function toPlain(node: TomlNode): unknown {
  if (node.kind === 'leaf') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [name, entry] of node.entries) plain[name] = toPlain(entry.node);
  return plain;
}

/** The node at `path`, or null. */
export function nodeAt(root: TomlTable, path: KeyPath): TomlNode | null {
  let node: TomlNode | undefined = root;
  for (const part of path) {
    if (node?.kind === 'table' && typeof part === 'string') node = node.entries.get(part)?.node;
    else if (node?.kind === 'list' && typeof part === 'number') node = node.items[part];
    else return null;
  }
  return node ?? null;
}

/** The line of the key at `path`, or of the nearest thing above it that is there. */
export function lineOf(root: TomlTable, path: KeyPath): number {
  let node: TomlNode = root;
  let line = root.line;
  for (const part of path) {
    let next: TomlNode | undefined;
    if (node.kind === 'table' && typeof part === 'string') {
      const entry = node.entries.get(part);
      if (entry === undefined) return line;
      line = entry.line;
      next = entry.node;
    } else if (node.kind === 'list' && typeof part === 'number') {
      next = node.items[part];
      if (next !== undefined) line = next.line;
    }
    if (next === undefined) return line;
    node = next;
  }
  return line;
}

import type { AST } from 'toml-eslint-parser';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { formatKey, type KeyPath } from './problem.ts';
import {
  keyName,
  nodeAt,
  parseToml,
  type TomlDocument,
  type TomlEntry,
  type TomlList,
  type TomlTable,
} from './toml-tree.ts';
import { placesOfKey } from './rename-key.ts';
import { formatDotted, formatName, formatValue, type TomlValue } from './toml-write.ts';
import { attachedComments, elementRemoval, lineEnd, lineStart, nextSignificant, tidyRemoval } from './text-lines.ts';

/**
 * TOML text that is edited by replacing small pieces: what is not touched stays byte for byte, with its comments, order and line ends.
 * The result of each edit is parsed again, which takes time in proportion to the whole text: what makes many edits comes as steps with one each, so that
 * its caller can let others have their turn in between. Throws `HoldfastError`s of code `config` and `not-found`.
 */
export class TomlText {
  readonly #mark: string;
  readonly #newline: string;
  #text: string;
  #document: TomlDocument;

  constructor(text: string) {
    this.#mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
    this.#text = text.slice(this.#mark.length);
    this.#newline = /\r?\n/.exec(this.#text)?.[0] ?? '\n';
    this.#document = parsed(this.#text);
  }

  get text(): string {
    return this.#mark + this.#text;
  }

  get root(): TomlTable {
    return this.#document.root;
  }

  has(path: KeyPath): boolean {
    return nodeAt(this.root, path) !== null;
  }

  /** Sets the value at `path`; makes the key, and the tables on the way, if they are missing. */
  set(path: KeyPath, value: TomlValue): void {
    finish(this.setting(path, value));
  }

  /** `set`, in steps. */
  *setting(path: KeyPath, value: TomlValue): EditSteps {
    const node = nodeAt(this.root, path);
    if (node === null) this.#insert(path, value);
    else if (node.kind === 'leaf') this.#replace(node.ast.range, formatValue(value));
    else if (node.kind === 'list' && node.array !== null) this.#replace(node.array.range, formatValue(value));
    else if (node.kind === 'table' && node.sources[0]?.kind === 'inline') {
      this.#replace(node.sources[0].table.range, formatValue(value));
    } else if (node.kind === 'table' && isTableValue(value)) {
      for (const key of node.entries.keys()) {
        if (Object.hasOwn(value, key)) continue;
        this.delete([...path, key]);
        yield;
      }
      for (const [key, item] of Object.entries(value)) yield* this.setting([...path, key], item);
      return;
    } else throw cannot(path, 'it is a table with a header of its own');
    yield;
  }

  /** Adds tables, each with a header of its own at the end (within its parent, if that is an inline one), in steps: mostly in one. */
  *addingTables(tables: readonly NewTable[]): EditSteps {
    const sections: string[] = [];
    const seen = new Set<string>();
    for (const { path, value } of tables) {
      const name = formatDotted(path);
      if (this.has(path) || seen.has(name)) throw cannot(path, 'it is there already');
      seen.add(name);
      if (this.#inlineAncestor(path)) {
        this.#insert(path, value);
        yield;
      } else sections.push(this.#section(`[${name}]`, value, sections.at(-1) ?? this.#text));
    }
    if (sections.length === 0) return;
    this.#replace(at(this.#text.length), sections.join(''));
    yield;
  }

  /** Adds an item to the list at `path`, which is made if it is missing. A list of `[[tables]]` takes tables only. */
  append(path: KeyPath, value: TomlValue): void {
    const node = nodeAt(this.root, path);
    if (node === null) this.#insert(path, [value]);
    else if (node.kind !== 'list') throw cannot(path, 'it is no list');
    else if (node.array !== null) this.#appendElement(node.array, value);
    else this.#appendTableItem(path, node, value);
  }

  /** Removes a key with its line, a list item, or a table with all its headers. Comments above it stay. */
  delete(path: KeyPath): void {
    const last = path.at(-1);
    const parent = nodeAt(this.root, path.slice(0, -1));
    if (parent?.kind === 'list' && typeof last === 'number') {
      this.#deleteItem(path, parent, last);
      return;
    }
    const entry = parent?.kind === 'table' && typeof last === 'string' ? parent.entries.get(last) : undefined;
    if (entry === undefined) {
      throw new HoldfastError({
        code: 'not-found',
        where: formatKey(path),
        message: `There is no ${formatKey(path)} in the configuration.`,
        next: 'Look at the names with holdfast list.',
      });
    }
    this.#remove(this.#entryRanges(path, entry));
  }

  /** Gives a key another name in every place that spells it; what it holds stays where it is. */
  rename(path: KeyPath, to: string): void {
    if (this.has([...path.slice(0, -1), to])) throw cannot(path, `there is a ${formatKey([to])} already`);
    let text = this.#text;
    for (const [start, end] of placesOfKey(this.#document.program, path).toSorted((a, b) => b[0] - a[0]))
      text = text.slice(0, start) + formatName(to) + text.slice(end);
    this.#setText(text);
  }

  #entryRanges(path: KeyPath, entry: TomlEntry): AST.Range[] {
    if (entry.keyValue !== null) return [this.#keyValueRange(entry.keyValue)];
    const ranges: AST.Range[] = [];
    if (entry.node.kind === 'table') {
      for (const source of entry.node.sources) {
        if (source.kind === 'dotted') ranges.push(this.#keyValueRange(source.keyValue));
      }
    }
    for (const header of this.#headers()) {
      if (startsWith(header.key.keys.map(keyName), path)) ranges.push(this.#linesOf(header.range));
    }
    return ranges;
  }

  #headers(): AST.TOMLTable[] {
    return this.#document.program.body[0].body.filter((item) => item.type === 'TOMLTable');
  }

  #keyValueRange(keyValue: AST.TOMLKeyValue): AST.Range {
    if (keyValue.parent.type !== 'TOMLInlineTable') return this.#linesOf(keyValue.range);
    const siblings = keyValue.parent.body.map((item) => item.range);
    return elementRemoval(this.#text, siblings, keyValue.parent.body.indexOf(keyValue));
  }

  #linesOf(range: AST.Range): AST.Range {
    const end = this.#text.indexOf('\n', range[1]);
    return [lineStart(this.#text, range[0]), end < 0 ? this.#text.length : end + 1];
  }

  #deleteItem(path: KeyPath, list: TomlList, index: number): void {
    const item = list.items[index];
    if (item === undefined) throw cannot(path, 'there is no such item');
    if (list.array !== null) {
      const ranges = list.array.elements.map((element) => element.range);
      this.#remove([elementRemoval(this.#text, ranges, index)]);
      return;
    }
    const header = item.kind === 'table' ? item.sources[0] : undefined;
    if (header?.kind !== 'header') throw cannot(path, 'it has no header of its own');
    // Headers below this item, as far as the next item of the same list.
    const all = this.#headers();
    const ranges = [this.#linesOf(header.table.range)];
    const names = header.table.key.keys.map(keyName);
    for (const next of all.slice(all.indexOf(header.table) + 1)) {
      const nextNames = next.key.keys.map(keyName);
      if (nextNames.length === names.length && startsWith(nextNames, names)) break;
      if (startsWith(nextNames, names)) ranges.push(this.#linesOf(next.range));
    }
    this.#remove(ranges);
  }

  #insert(path: KeyPath, value: TomlValue): void {
    const names = path.filter((part) => typeof part === 'string');
    let depth = path.length - 1;
    while (depth > 0 && nodeAt(this.root, path.slice(0, depth)) === null) depth -= 1;
    const table = nodeAt(this.root, path.slice(0, depth));
    if (table?.kind !== 'table' || names.length < path.length - depth)
      throw cannot(path, 'something else stands there');
    const rest = path.slice(depth).filter((part) => typeof part === 'string');
    const assignment = (key: readonly string[]): string => `${formatDotted(key)} = ${formatValue(value)}`;
    const source = table.sources.find(({ kind }) => kind !== 'dotted') ?? table.sources.at(-1);
    switch (source?.kind) {
      case 'header':
        this.#addLine(source.table.body.at(-1) ?? null, source.table, assignment(rest));
        return;
      case 'inline':
        this.#addInline(source.table, assignment(rest));
        return;
      case 'dotted': {
        const prefix = source.keyValue.key.keys.slice(0, source.depth).map(keyName);
        const { parent } = source.keyValue;
        if (parent.type === 'TOMLInlineTable') this.#addInline(parent, assignment([...prefix, ...rest]));
        else this.#addLine(source.keyValue, null, assignment([...prefix, ...rest]));
        return;
      }
      case 'root':
      case undefined:
        if (depth === 0 && rest.length === 1 && !isTableValue(value)) this.#addRootLine(assignment(rest));
        else if (isTableValue(value)) this.#appendSection(`[${formatDotted(names)}]`, value);
        else this.#appendSection(`[${formatDotted(names.slice(0, -1))}]`, { [names.at(-1) ?? '']: value });
    }
  }

  /** True if TOML forbids a header for `path`, because something on the way is an inline table. */
  #inlineAncestor(path: KeyPath): boolean {
    for (let depth = path.length - 1; depth > 0; depth -= 1) {
      const node = nodeAt(this.root, path.slice(0, depth));
      if (node?.kind === 'table' && node.sources.some(({ kind }) => kind === 'inline')) return true;
    }
    return false;
  }

  #addLine(after: AST.TOMLKeyValue | null, header: AST.TOMLTable | null, line: string): void {
    const anchor = after?.range ?? header?.key.range ?? [0, 0];
    const start = lineStart(this.#text, anchor[0]);
    const indent = after === null ? '' : this.#text.slice(start, anchor[0]);
    this.#replace(at(lineEnd(this.#text, anchor[1])), `${this.#newline}${indent}${line}`);
  }

  #addRootLine(line: string): void {
    const own = this.#document.program.body[0].body.filter((item) => item.type === 'TOMLKeyValue');
    const last = own.at(-1);
    if (last !== undefined) {
      this.#addLine(last, null, line);
      return;
    }
    const first = this.#headers()[0];
    if (first !== undefined) {
      const place = attachedComments(this.#text, lineStart(this.#text, first.range[0]));
      this.#replace(at(place), `${line}${this.#newline}${this.#newline}`);
    } else this.#replace(at(this.#text.length), `${this.#endsLine() ? '' : this.#newline}${line}${this.#newline}`);
  }

  #addInline(table: AST.TOMLInlineTable, assignment: string): void {
    const last = table.body.at(-1);
    if (last !== undefined) this.#replace(at(last.range[1]), `, ${assignment}`);
    else this.#replace(table.range, `{ ${assignment} }`);
  }

  #appendSection(header: string, value: Readonly<Record<string, TomlValue>>): void {
    this.#replace(at(this.#text.length), this.#section(header, value, this.#text));
  }

  /** A table's text, with what keeps it apart from the text `before` it. */
  #section(header: string, value: Readonly<Record<string, TomlValue>>, before: string): string {
    const lines = [header, ...assignments(value), ''];
    if (before.trim() !== '') {
      if (!before.endsWith('\n')) lines.unshift('', '');
      else if (!/\n[ \t]*\r?\n$/.test(before)) lines.unshift('');
    }
    return lines.join(this.#newline);
  }

  #appendTableItem(path: KeyPath, list: TomlList, value: TomlValue): void {
    if (!isTableValue(value)) throw cannot(path, 'its items are written as tables');
    const last = list.items.at(-1);
    const source = last?.kind === 'table' ? last.sources[0] : undefined;
    if (source?.kind !== 'header') throw cannot(path, 'it has no header of its own');
    const names = path.filter((part) => typeof part === 'string');
    const text = ['', '', `[[${formatDotted(names)}]]`, ...assignments(value)].join(this.#newline);
    const end = source.table.body.at(-1)?.range[1] ?? source.table.key.range[1];
    this.#replace(at(lineEnd(this.#text, end)), text);
  }

  #appendElement(array: AST.TOMLArray, value: TomlValue): void {
    const text = this.#text;
    const item = formatValue(value);
    const last = array.elements.at(-1);
    const close = array.range[1] - 1;
    if (last === undefined) {
      const start = lineStart(text, close);
      if (start <= array.range[0]) this.#replace([array.range[0] + 1, close], item);
      else this.#replace(at(start), `${text.slice(start, close)}  ${item},${this.#newline}`);
      return;
    }
    const next = nextSignificant(text, last.range[1]);
    const hasComma = text[next] === ',';
    const after = hasComma ? next + 1 : last.range[1];
    const start = lineStart(text, last.range[0]);
    const indent = text.slice(start, last.range[0]);
    if (start <= array.range[0] || indent.trim() !== '') {
      this.#replace(at(last.range[1]), `, ${item}`);
      return;
    }
    // On a line of its own: so will be the new one, after the comment that belongs to the last.
    const end = lineEnd(text, after);
    if (nextSignificant(text, after) < end) {
      this.#replace(at(after), `${hasComma ? '' : ','}${this.#newline}${indent}${item}`);
    } else {
      const comment = text.slice(after, end);
      this.#replace(
        [last.range[1], end],
        [
          hasComma ? text.slice(last.range[1], after) : ',',
          comment,
          `${this.#newline}${indent}${item}${hasComma ? ',' : ''}`,
        ].join(''),
      );
    }
  }

  #endsLine(): boolean {
    return this.#text === '' || this.#text.endsWith('\n');
  }

  #replace(range: AST.Range, text: string): void {
    this.#setText(this.#text.slice(0, range[0]) + text + this.#text.slice(range[1]));
  }

  #remove(ranges: readonly AST.Range[]): void {
    let text = this.#text;
    for (const range of ranges.toSorted((a, b) => b[0] - a[0])) text = tidyRemoval(text, range);
    this.#setText(text);
  }

  #setText(text: string): void {
    this.#document = parsed(text);
    this.#text = text;
  }
}

/** An edit that comes in steps; each has parsed the whole text once. */
export type EditSteps = Generator<void, void, void>;

/** Takes all steps at once. */
export function finish(steps: EditSteps): void {
  while (steps.next().done !== true) continue;
}

/** A table to be added, with all that stands in it. */
export interface NewTable {
  readonly path: readonly string[];
  readonly value: Readonly<Record<string, TomlValue>>;
}

function parsed(text: string): TomlDocument {
  const result = parseToml(text);
  if ('document' in result) return result.document;
  throw new HoldfastError({
    code: 'config',
    where: `line ${result.problem.line}`,
    message: `The configuration cannot be edited: line ${result.problem.line}: ${result.problem.message}.`,
    next: 'Correct the file in an editor first.',
  });
}

function cannot(path: KeyPath, why: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: formatKey(path),
    message: `${formatKey(path)} cannot be changed here: ${why}.`,
    next: 'Change it in an editor.',
  });
}

function assignments(value: Readonly<Record<string, TomlValue>>): string[] {
  return Object.entries(value).map(([key, item]) => `${formatDotted([key])} = ${formatValue(item)}`);
}

function isTableValue(value: TomlValue): value is { readonly [key: string]: TomlValue } {
  return typeof value === 'object' && !Array.isArray(value);
}

function startsWith(names: readonly string[], path: KeyPath): boolean {
  return path.every((part, index) => names[index] === part);
}

function at(offset: number): AST.Range {
  return [offset, offset];
}

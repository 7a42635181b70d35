import type { AST } from 'toml-eslint-parser';
import type { KeyPath } from './problem.ts';
import { keyName } from './toml-tree.ts';

type Item = AST.TOMLKeyValue | AST.TOMLTable;

/** Every place of a TOML text that spells the last part of `path`: headers, dotted keys, keys of inline tables. */
export function placesOfKey(program: AST.TOMLProgram, path: KeyPath): AST.Range[] {
  return program.body[0].body.flatMap((item) => placesIn(item, [], path));
}

function placesIn(item: Item, above: readonly string[], path: KeyPath): AST.Range[] {
  const names = [...above, ...item.key.keys.map(keyName)];
  const shared = Math.min(names.length, path.length);
  for (let index = 0; index < shared; index += 1) if (names[index] !== path[index]) return [];
  if (names.length >= path.length) {
    const part = item.key.keys[path.length - 1 - above.length];
    return part === undefined ? [] : [part.range];
  }
  if (item.type === 'TOMLTable') return item.body.flatMap((inner) => placesIn(inner, names, path));
  return item.value.type === 'TOMLInlineTable' ? item.value.body.flatMap((inner) => placesIn(inner, names, path)) : [];
}

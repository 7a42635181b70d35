import { type ConfigProblem } from './problem.ts';
import { currentVersion } from './schema.ts';
import { TomlText } from './splice.ts';
import { lineOf, nodeAt, type TomlTable } from './toml-tree.ts';

/** The way from older versions of the format to the current one. */
export interface Migrations {
  readonly current: number;
  /** `steps[n]` turns a file of version n into one of version n + 1. It edits the text, so comments and order stay. */
  readonly steps: Readonly<Record<number, (toml: TomlText) => void>>;
}

/** Version 1 is the first: a file that does not name its version is one. */
export const ownMigrations: Migrations = { current: currentVersion, steps: {} };

/** The version that the file names, 1 if it names none; or what is wrong with that. */
export function checkVersion(root: TomlTable, migrations: Migrations): number | ConfigProblem {
  const node = nodeAt(root, ['version']);
  if (node === null) return 1;
  const version = node.kind === 'leaf' ? node.value : null;
  const line = lineOf(root, ['version']);
  const known = migrations.current === 1 ? '1' : `a whole number from 1 to ${migrations.current}`;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return { line, key: 'version', message: `expected ${known}` };
  }
  if (version > migrations.current) {
    const message = `the file has version ${version}, newer than this Holdfast knows; expected ${known}, or use a newer Holdfast`;
    return { line, key: 'version', message };
  }
  return version;
}

/** The text in the current version. Nothing is written: that happens with the person's next edit. */
export function migrate(text: string, from: number, migrations: Migrations): string {
  const toml = new TomlText(text);
  for (let version = from; version < migrations.current; version += 1) {
    migrations.steps[version]?.(toml);
    toml.set(['version'], version + 1);
  }
  return toml.text;
}

// The direction of imports as a table: every room of src, and which other rooms it may import. `check-imports.mjs` applies it to the tree.
import { dirname, join, normalize } from 'node:path/posix';

/** Rooms of the engine, and what each may import beside `shared` and `lifecycle`. Files of the engine's own folder put the rooms together. */
const engineRooms = {
  lifecycle: [],
  config: [],
  log: ['secrets'],
  secrets: ['config', 'log'],
  history: ['log'],
  prompts: ['log', 'secrets'],
  'host-keys': ['config', 'history', 'log', 'ssh'],
  ssh: ['history', 'host-keys', 'log', 'prompts', 'secrets'],
  pool: ['log', 'ssh'],
  forward: ['log', 'ssh'],
  tunnel: ['forward', 'log', 'pool', 'ssh'],
  interop: ['config', 'ssh'],
  control: ['config', 'log'],
};
const everyEngineRoom = Object.keys(engineRooms).map((name) => `engine/${name}`);

/** Each room with the rooms that it may import; a room may always import itself. */
export const rooms = {
  shared: [],
  ...Object.fromEntries(
    Object.entries(engineRooms).map(([name, others]) => [
      `engine/${name}`,
      ['shared', 'engine/lifecycle', ...others.map((other) => `engine/${other}`)],
    ]),
  ),
  engine: ['shared', ...everyEngineRoom],
  desktop: ['shared', 'engine', 'entry', ...everyEngineRoom],
  cli: ['shared', 'engine', 'entry', ...everyEngineRoom],
  demo: ['shared', 'engine', 'cli', 'entry', ...everyEngineRoom],
  entry: ['shared', 'engine', 'desktop', 'cli', 'demo', ...everyEngineRoom],
  preload: ['shared'],
  renderer: ['shared'],
};

/** Packages that only some rooms may import. */
const packages = {
  electron: { in: ['desktop', 'preload'], said: 'electron is imported outside the desktop shell' },
  ssh2: { in: ['engine/ssh', 'engine/gateway', 'demo'], said: 'ssh2 is imported outside engine/ssh' },
};

/** The room of a file below `src`; null: it lies in none. */
export function roomOf(file) {
  const [, top, second, third, ...rest] = file.split('/');
  if (top !== 'main') return top === 'shared' || top === 'preload' || top === 'renderer' ? top : null;
  if (third === undefined) return 'entry';
  if (second !== 'engine') return ['desktop', 'cli', 'demo'].includes(second) ? second : null;
  return rest.length === 0 ? 'engine' : `engine/${third}`;
}

/** What is wrong with these files, a line each: `files` is path from the root (`src/…`) to text. */
export function complaintsOf(files) {
  const complaints = [];
  const graph = new Map();
  for (const [file, text] of files) {
    const from = roomOf(file);
    if (from === null || rooms[from] === undefined) {
      complaints.push(`${file}: lies in no room that scripts/import-rules.mjs knows`);
      continue;
    }
    const targets = [];
    for (const [, how, specifier] of text.matchAll(/(from|import|import\s*\()\s*'([^']+)'/g)) {
      if (!specifier.startsWith('.')) {
        const name = specifier.split('/')[0];
        const rule = packages[name];
        if (rule !== undefined && !rule.in.includes(from)) complaints.push(`${file}: ${rule.said}`);
        if (name.startsWith('node:') && ['shared', 'renderer'].includes(from))
          complaints.push(`${file}: ${specifier} in ${from}`);
        continue;
      }
      const target = normalize(join(dirname(file), specifier));
      // What is loaded when it is wanted comes after both files are there.
      if (!how.endsWith('(')) targets.push(target);
      const to = roomOf(target);
      if (to !== from && !rooms[from].includes(to))
        complaints.push(`${file}: ${from} must not import ${to} (${specifier})`);
    }
    graph.set(file, targets);
  }
  return [
    ...complaints,
    ...circlesOf(graph).map((circle) => `${circle[0]}: a circle of imports: ${circle.join(' -> ')}`),
  ];
}

/** One circle of each knot of files that import each other, types included: nobody can read one of them without the others. */
function circlesOf(graph) {
  const circles = [];
  const done = new Set();
  const path = [];
  const visit = (file) => {
    const at = path.indexOf(file);
    if (at >= 0) {
      circles.push([...path.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}

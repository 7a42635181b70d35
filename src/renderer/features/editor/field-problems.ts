/** A problem as `config.edit` tells it. */
export interface Problem {
  readonly line: number;
  readonly key: string;
  readonly message: string;
}

/** Problems of one form: those of a field by its name (`host`, `forwards[1]`), and the rest. */
export interface FieldProblems {
  readonly byField: ReadonlyMap<string, string>;
  readonly others: readonly string[];
}

/** Takes a key as written in messages apart: `tunnels."a.b".forwards[0].to` is tunnels, a.b, forwards, 0, to. */
export function splitKey(key: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  for (const match of key.matchAll(/"((?:[^"\\]|\\.)*)"|\[(\d+)\]|([^."[\]]+)/g)) {
    if (match[2] !== undefined) parts.push(Number(match[2]));
    else if (match[1] !== undefined) parts.push(unquoted(match[1]));
    else parts.push(match[3] ?? '');
  }
  return parts;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/** Sorts problems to the fields of `section.name`. A list's item is its field, whatever lies deeper; of several, the first is shown. */
export function problemsOf(problems: readonly Problem[], section: 'hosts' | 'tunnels', name: string): FieldProblems {
  const byField = new Map<string, string>();
  const others: string[] = [];
  for (const problem of problems) {
    const [inSection, ofName, field, item] = splitKey(problem.key);
    if (inSection !== section || ofName !== name) {
      others.push(`${problem.key}: ${problem.message}`);
      continue;
    }
    const id = field === undefined ? 'name' : typeof item === 'number' ? `${field}[${item}]` : String(field);
    if (!byField.has(id)) byField.set(id, problem.message);
  }
  return { byField, others };
}

/** A problem of the key or of one of its items. */
export function problemOfKey({ byField }: FieldProblems, key: string): string | undefined {
  return byField.get(key) ?? [...byField].find(([field]) => field.startsWith(`${key}[`))?.[1];
}

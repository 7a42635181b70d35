import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ConfigEditor, parseKeyPath, parseTypedValue } from '../../../src/main/engine/config/edit.ts';
import { type ParseContext, parseConfig } from '../../../src/main/engine/config/parse.ts';
import { TomlText } from '../../../src/main/engine/config/splice.ts';
import { parseToml, toPlain } from '../../../src/main/engine/config/toml-tree.ts';
import type { TomlValue } from '../../../src/main/engine/config/toml-write.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';

vi.setConfig({ testTimeout: 30_000 });

const context: ParseContext = { file: '/x/config.toml', home: '/home/me', user: 'me' };

const sample = `# My tunnels. Hands off!

# the way in
[hosts.bastion]     # bastion
address = "bastion.example.org"   # its name
port = 22                         # default
identity = [
  "~/.ssh/one", # first
  "~/.ssh/two"  # second
]

# the database
[tunnels.db]
host = 'bastion'
forwards = [ "local 5432 -> db:5432", 'dynamic 1080' ] # two

[tunnels.web]
host = "bastion"
# what it opens
forwards = [
  # first
  "local 8080 -> web:80",
  { type = "local", listen = 8081, to = "web:81" }, # second
]
park = "5s"

[tunnels.old]
host = "bastion"

[[tunnels.old.forwards]] # a
type = "dynamic"
listen = 1

[[tunnels.old.forwards]] # b
type = "dynamic"
listen = 2 # two
# the end
`;

function edited(text: string, edit: (editor: ConfigEditor) => void): string {
  const editor = new ConfigEditor(text, context);
  edit(editor);
  editor.check();
  return editor.text;
}

/** The edit changes `before` to `after` and not a byte else. */
function expectPiece(edit: (editor: ConfigEditor) => void, before: string, after: string, text = sample): void {
  expect(text.split(before)).toHaveLength(2);
  expect(edited(text, edit)).toBe(text.replace(before, () => after));
}

describe('a tunnel gets another name', () => {
  test('in every place that spells it, and nothing else changes', () => {
    const rename = (text: string, from: string) => edited(text, (e) => e.renameTunnel(from, 'new.name'));
    expect(rename(sample, 'db')).toBe(sample.replace('[tunnels.db]', '[tunnels."new.name"]'));
    expect(rename(sample, 'old')).toBe(sample.replaceAll('tunnels.old', 'tunnels."new.name"'));
    const head = '[hosts.h]\naddress = "a"\n';
    expect(rename(`${head}[tunnels]\nx.host = "h" # x\n"x".forwards = ["dynamic 1"]\n`, 'x')).toBe(
      `${head}[tunnels]\n"new.name".host = "h" # x\n"new.name".forwards = ["dynamic 1"]\n`,
    );
    expect(rename(`${head}[tunnels]\nx = { host = "h", forwards = ["dynamic 1"] }\n`, 'x')).toBe(
      `${head}[tunnels]\n"new.name" = { host = "h", forwards = ["dynamic 1"] }\n`,
    );
    expect(rename(`tunnels = { x = { host = "h", forwards = ["dynamic 1"] } }\n${head}`, 'x')).toBe(
      `tunnels = { "new.name" = { host = "h", forwards = ["dynamic 1"] } }\n${head}`,
    );
  });

  test('but not one that is taken, no name, or a tunnel that is not there', () => {
    expect(() => edited(sample, (e) => e.renameTunnel('db', 'web'))).toThrow('already a tunnel named "web"');
    expect(() => edited(sample, (e) => e.renameTunnel('db', '-x'))).toThrow('a name has 1 to 64 letters');
    expect(() => edited(sample, (e) => e.renameTunnel('nope', 'x'))).toThrow('There is no tunnel "nope"');
  });
});

describe('one piece changes and nothing else', () => {
  test('a value', () => {
    expectPiece((e) => e.set(['hosts', 'bastion', 'port'], 2222), 'port = 22  ', 'port = 2222  ');
    expectPiece((e) => e.set(['tunnels', 'web', 'park'], '0s'), 'park = "5s"', 'park = "0s"');
    expectPiece((e) => e.set(['tunnels', 'db', 'host'], 'bastion'), "'bastion'", '"bastion"');
  });

  test('a new key goes behind the last of its table', () => {
    expectPiece((e) => e.set(['tunnels', 'web', 'start'], 'login'), 'park = "5s"\n', 'park = "5s"\nstart = "login"\n');
    expectPiece((e) => e.set(['tunnels', 'db', 'start'], 'login'), '# two\n\n', '# two\nstart = "login"\n\n');
    expectPiece(
      (e) => e.set(['tunnels', 'old', 'start'], 'login'),
      'host = "bastion"\n\n[[tunnels.old.forwards]] # a',
      'host = "bastion"\nstart = "login"\n\n[[tunnels.old.forwards]] # a',
    );
  });

  test('a key of a section that is not there yet', () => {
    expect(edited(sample, (e) => e.set(['settings', 'log-level'], 'debug'))).toBe(
      `${sample}\n[settings]\nlog-level = "debug"\n`,
    );
    expectPiece((e) => e.set(['version'], 1), '# the way in\n', 'version = 1\n\n# the way in\n');
    expect(edited('', (e) => e.set(['version'], 1))).toBe('version = 1\n');
    expect(edited('# only this', (e) => e.set(['version'], 1))).toBe('# only this\nversion = 1\n');
  });

  test('a key goes with its line', () => {
    expectPiece((e) => e.delete(['hosts', 'bastion', 'port']), 'port = 22                         # default\n', '');
    expectPiece(
      (e) => e.delete(['hosts', 'bastion', 'identity']),
      'identity = [\n  "~/.ssh/one", # first\n  "~/.ssh/two"  # second\n]\n',
      '',
    );
    expectPiece(
      (e) => e.delete(['tunnels', 'web', 'forwards', 1, 'to']),
      ', to = "web:81"',
      '',
      sample.replace('"local", listen', '"dynamic", listen'),
    );
    expectPiece(
      (e) => e.delete(['tunnels', 'x', 'probe', 'host']),
      'host = "a", ',
      '',
      `${sample}[tunnels.x]\nhost = "bastion"\nforwards = ["dynamic 9"]\nprobe = { type = "echo", host = "a", port = 7 }\n`,
    );
  });

  test('a forward is added in the way of its list', () => {
    const add = (tunnel: string) => (e: ConfigEditor) => e.addForward(tunnel, 'remote 9000 -> a:1');
    expectPiece(add('db'), "'dynamic 1080' ]", '\'dynamic 1080\', "remote 9000 -> a:1" ]');
    expectPiece(add('web'), '}, # second\n', '}, # second\n  "remote 9000 -> a:1",\n');
    expectPiece(
      add('old'),
      'listen = 2 # two\n',
      'listen = 2 # two\n\n[[tunnels.old.forwards]]\ntype = "remote"\nlisten = "9000"\nto = "a:1"\n',
    );
    expectPiece(
      (e) => e.addForward('db', { type: 'dynamic', listen: 5, enabled: false }),
      "'dynamic 1080' ]",
      '\'dynamic 1080\', { type = "dynamic", listen = 5, enabled = false } ]',
    );
  });

  test('a list without a comma at its end gets one, before the comment', () => {
    const toml = new TomlText(sample);
    toml.append(['hosts', 'bastion', 'identity'], 'x');
    expect(toml.text).toBe(sample.replace('two"  # second\n', 'two",  # second\n  "x"\n'));
  });

  test('a forward is removed with its comma, and with its line if it has one', () => {
    expectPiece((e) => e.removeForward('db', 'local 5432->db:5432'), '"local 5432 -> db:5432", ', '');
    expectPiece((e) => e.removeForward('db', 'dynamic 1080'), ", 'dynamic 1080'", '');
    expectPiece(
      (e) => e.removeForward('web', 'local 8081 -> web:81'),
      '  { type = "local", listen = 8081, to = "web:81" }, # second\n',
      '',
    );
    expectPiece((e) => e.removeForward('web', 'local 8080 -> web:80'), '  "local 8080 -> web:80",\n', '');
    expectPiece(
      (e) => e.removeForward('old', 'dynamic 1'),
      '[[tunnels.old.forwards]] # a\ntype = "dynamic"\nlisten = 1\n\n',
      '',
    );
    expectPiece(
      (e) => e.removeForward('old', 'dynamic 2'),
      '[[tunnels.old.forwards]] # b\ntype = "dynamic"\nlisten = 2 # two\n',
      '',
    );
  });

  test('a forward is replaced in its place', () => {
    expectPiece((e) => e.replaceForward('db', 'dynamic 1080', 'dynamic 1081'), "'dynamic 1080'", '"dynamic 1081"');
    expectPiece(
      (e) => e.replaceForward('web', 'local 8081 -> web:81', 'dynamic 7'),
      '{ type = "local", listen = 8081, to = "web:81" }',
      '"dynamic 7"',
    );
    expectPiece((e) => e.replaceForward('old', 'dynamic 1', 'dynamic 7'), 'listen = 1\n', 'listen = "7"\n');
  });

  test('hosts and tunnels', () => {
    expect(edited(sample, (e) => e.addHost('new', { address: 'n', jump: ['bastion'] }))).toBe(
      `${sample}\n[hosts.new]\naddress = "n"\njump = ["bastion"]\n`,
    );
    expect(edited('', (e) => e.addHost('a.b', { address: 'n' }))).toBe('[hosts."a.b"]\naddress = "n"\n');
    expectPiece(
      (e) => e.removeTunnel('db'),
      "[tunnels.db]\nhost = 'bastion'\nforwards = [ \"local 5432 -> db:5432\", 'dynamic 1080' ] # two\n",
      '',
    );
    expect(edited(sample, (e) => e.removeTunnel('old'))).toBe(
      sample.replace(/\[tunnels\.old\][^]*listen = 2 # two\n/, ''),
    );
    expect(edited('[hosts]\na = { address = "x" } # keep\n', (e) => e.addHost('b', { address: 'y' }))).toBe(
      '[hosts]\na = { address = "x" } # keep\n\n[hosts.b]\naddress = "y"\n',
    );
    expect(edited('hosts = { a = { address = "x" } }\n', (e) => e.addHost('b', { address: 'y' }))).toBe(
      'hosts = { a = { address = "x" }, b = { address = "y" } }\n',
    );
    expect(edited('hosts.a.address = "x"\n', (e) => e.set(['hosts', 'a', 'port'], 5))).toBe(
      'hosts.a.address = "x"\nhosts.a.port = 5\n',
    );
    expect(edited('hosts.a.address = "x"\nhosts.b.address = "y"\n', (e) => e.removeHost('a'))).toBe(
      'hosts.b.address = "y"\n',
    );
  });

  test('line ends and the byte order mark stay', () => {
    const text = `\uFEFF${sample.replaceAll('\n', '\r\n')}`;
    const result = edited(text, (e) => {
      e.addForward('web', 'dynamic 3');
      e.removeForward('web', 'local 8080 -> web:80');
      e.set(['tunnels', 'db', 'start'], 'login');
      e.addHost('n', { address: 'x' });
      e.removeTunnel('old');
    });
    expect(result.startsWith('\uFEFF#')).toBe(true);
    expect(result.replaceAll('\r\n', '').includes('\n')).toBe(false);
    expect(result).toContain('}, # second\r\n  "dynamic 3",\r\n]');
  });
});

describe('what is refused', () => {
  test.each<[string, (editor: ConfigEditor) => void, string]>([
    ['not-found', (e) => e.removeHost('x'), 'There is no hosts.x'],
    ['not-found', (e) => e.set(['hosts', 'bastoin', 'port'], 1), 'There is no host "bastoin"'],
    ['not-found', (e) => e.addForward('x', 'dynamic 1'), 'There is no tunnel "x"'],
    ['not-found', (e) => e.removeForward('db', 'dynamic 9'), 'There is no forward "dynamic 9"'],
    ['config', (e) => e.addHost('bastion', { address: 'x' }), 'already a host'],
    ['config', (e) => e.removeHost('bastion'), 'there is no host "bastion"'],
    ['config', (e) => e.set(['hosts', 'bastion', 'prot'], 1), 'nearest known key is "port"'],
    ['config', (e) => e.set(['hosts', 'bastion'], 5), 'header of its own'],
    ['config', (e) => e.addForward('db', 'dynamic 1080'), 'stands twice'],
    ['config', (e) => e.addForward('db', 'dynmic 1'), 'begins with local'],
    ['config', (e) => e.addTunnel('a b', { host: 'bastion', forwards: ['dynamic 1'] }), 'a name has'],
    ['config', (e) => e.set(['hosts', 'bastion', 'user'], '\ud800'), 'half a character'],
    ['config', (e) => e.set(['hosts', 'bastion', 'port'], 1.5), 'the number 1.5'],
  ])('%s', (code, edit, message) => {
    let error: unknown = null;
    try {
      edited(sample, edit);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof HoldfastError)) throw new Error(String(error));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  test('a file that is no TOML', () => {
    expect(() => new ConfigEditor('[a', context)).toThrow('cannot be edited');
  });
});

describe('properties', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'k.1', 'x y', 'ä', '');
  const value: fc.Arbitrary<TomlValue> = fc.oneof(
    { maxDepth: 2 },
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
  );
  const comment = fc.constantFrom('', ' # c', '\n# above', '\n', '\n\n  # far\n');
  /** TOML with every way to write a table, with comments between. */
  const document = fc
    .tuple(
      fc.uniqueArray(key, { maxLength: 3 }),
      fc.array(
        fc.tuple(
          fc.constantFrom('header', 'inline', 'dotted', 'list'),
          fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
          comment,
        ),
        { maxLength: 4 },
      ),
      fc.constantFrom('\n', '\r\n'),
    )
    .map(([roots, tables, newline]) => {
      const first: string[] = [];
      const rest: string[] = [];
      for (const name of roots) first.push(`${JSON.stringify(`r${name}`)} = 1 # root`);
      for (const [index, [style, keys, note]] of tables.entries()) {
        const pairs = keys.map((name) => `${JSON.stringify(name)} = "v"`);
        if (style === 'header') rest.push(`[t${index}]${note}`, ...pairs.map((pair) => `  ${pair} # of ${index}`));
        else if (style === 'inline') first.push(`t${index} = { ${pairs.join(', ')} } # inline${note}`);
        else if (style === 'dotted') first.push(...pairs.map((pair) => `t${index}.${pair}${note}`));
        else rest.push(`[[l]]${note}`, ...pairs);
      }
      return [...first, '', ...rest, '# last'].join('\n').replaceAll('\n', newline);
    });

  function plain(text: string): unknown {
    const parsed = parseToml(text);
    if ('problem' in parsed) throw new Error(`${parsed.problem.message} in ${text}`);
    return toPlain(parsed.document.root);
  }

  function commentsOf(text: string): string[] {
    const parsed = parseToml(text);
    return 'problem' in parsed ? [] : parsed.document.program.comments.map((node) => node.value);
  }

  type Tree = { [key: string]: TomlValue | Tree };

  test('after a set the value is there, all else is as before, and no comment is lost', () => {
    fc.assert(
      fc.property(
        document,
        fc.oneof(fc.tuple(key), fc.tuple(fc.constantFrom('t0', 't1', 't2', 'new'), key)),
        value,
        (text, path, item) => {
          const expected = structuredClone(plain(text)) as Tree;
          const [head, name] = path;
          const target = name === undefined ? expected : (expected[head] ??= {});
          if (typeof target !== 'object' || Array.isArray(target)) return;
          (target as Tree)[name ?? head] = item;
          const toml = new TomlText(text);
          try {
            toml.set(path, item);
          } catch (error) {
            if (error instanceof HoldfastError && error.message.includes('half a character')) return;
            throw error;
          }
          expect(plain(toml.text)).toEqual(plainOf(expected));
          expect(commentsOf(toml.text).sort()).toEqual(commentsOf(text).sort());
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('after a delete the key is gone and all else is as before', () => {
    fc.assert(
      fc.property(document, fc.nat(), (text, pick) => {
        const tree = structuredClone(plain(text)) as Tree;
        const paths = Object.entries(tree).flatMap(([name, item]): string[][] =>
          typeof item === 'object' && !Array.isArray(item)
            ? [[name], ...Object.keys(item).map((inner) => [name, inner])]
            : [[name]],
        );
        const path = paths[pick % Math.max(1, paths.length)];
        if (path === undefined) return;
        const [head = '', name] = path;
        if (name === undefined) delete tree[head];
        else delete (tree[head] as Tree)[name];
        const toml = new TomlText(text);
        toml.delete(path);
        const left = plain(toml.text) as Tree;
        // A table of dotted keys goes with its last one.
        if (name !== undefined && left[head] === undefined) left[head] = {};
        expect(left).toEqual(plainOf(tree));
        expect(toml.text).toContain('# last');
        // What stands in a table goes with it; beside that, only the comment on the key's own line does.
        if (name === undefined) return;
        const above = (source: string): number => commentsOf(source).filter((note) => note === ' above').length;
        expect(above(toml.text)).toBe(above(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('lists: add and remove, in any form', () => {
    const item = fc.constantFrom('1', '2', '3');
    const gap = fc.constantFrom('', ' ', '\n  ', ' # c\n  ', '\n\n  # d\n  ');
    const list = fc
      .tuple(fc.array(fc.tuple(gap, item, fc.constantFrom('', ' ')), { maxLength: 4 }), fc.boolean(), gap)
      .map(
        ([items, trailing, end]) =>
          `x = [${items.map(([before, number, after]) => `${before}${number}${after}`).join(',')}${trailing && items.length > 0 ? ',' : ''}${end}] # tail\ny = 1\n`,
      );
    fc.assert(
      fc.property(list, fc.nat(3), (text, index) => {
        const before = (plain(text) as { x: number[] }).x;
        const adding = new TomlText(text);
        adding.append(['x'], 9);
        expect(plain(adding.text)).toEqual(plainOf({ x: [...before, 9], y: 1 }));
        expect(commentsOf(adding.text)).toEqual(commentsOf(text));
        if (index >= before.length) return;
        const removing = new TomlText(text);
        removing.delete(['x', index]);
        expect(plain(removing.text)).toEqual(plainOf({ x: before.toSpliced(index, 1), y: 1 }));
      }),
      { numRuns: 2000 },
    );
  });

  /** With null prototypes, as the reader gives them. */
  function plainOf(tree: unknown): unknown {
    if (Array.isArray(tree)) return tree.map(plainOf);
    if (typeof tree !== 'object' || tree === null) return tree;
    return Object.assign(
      Object.create(null) as object,
      Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, plainOf(item)])),
    );
  }

  test('edits of a configuration give the edited model', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(port, fc.constantFrom('db', 'web', 'old'), fc.boolean(), (number, name, table) => {
        const spec = `remote-dynamic ${number}`;
        const text = edited(sample, (e) =>
          e.addForward(name, table ? { type: 'remote-dynamic', listen: number } : spec),
        );
        const before = model(sample).tunnels.get(name)?.forwards ?? [];
        const after = model(text).tunnels.get(name)?.forwards ?? [];
        expect(after.map((forward) => forward.spec)).toEqual([...before.map((forward) => forward.spec), spec]);
        expect(model(edited(text, (e) => e.removeForward(name, spec)))).toEqual(model(sample));
      }),
    );
  });
});

function model(text: string) {
  const result = parseConfig(text, context);
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('keys and values as a person types them', () => {
  expect(parseKeyPath('tunnels.db.park')).toEqual(['tunnels', 'db', 'park']);
  expect(parseKeyPath('hosts."a.b".port')).toEqual(['hosts', 'a.b', 'port']);
  expect(parseKeyPath('tunnels.db.forwards[0].name')).toEqual(['tunnels', 'db', 'forwards', 0, 'name']);
  for (const wrong of ['a..b', '.a', 'a.', '[0]', 'a b', 'a."b'])
    expect(() => parseKeyPath(wrong), wrong).toThrow('is no key');
  expect(
    ['22', 'true', '"22"', '["a"]', 'login', '15s', '~/.ssh/x', '1\nx = 2', '1 # x', 'inf', '1979-05-27'].map(
      parseTypedValue,
    ),
  ).toEqual([22, true, '22', ['a'], 'login', '15s', '~/.ssh/x', '1\nx = 2', '1 # x', 'inf', '1979-05-27']);
});

import { describe, expect, it } from 'vitest';
import { complaintsOf, roomOf } from '../../../scripts/import-rules.mjs';

/** `npm run check` refuses imports that go the wrong way: tried with files that are made up. */

const complaints = (files: Readonly<Record<string, string>>): readonly string[] =>
  complaintsOf(new Map(Object.entries(files)));

describe('the direction of imports', () => {
  it('lets a room import what is below it, and itself', () => {
    expect(
      complaints({
        'src/main/engine/tunnel/a.ts': "import { x } from '../ssh/b.ts';\nimport { y } from './c.ts';",
        'src/main/engine/ssh/b.ts': "import type { z } from '../../../shared/model/d.ts';\nimport ssh2 from 'ssh2';",
        'src/main/engine/tunnel/c.ts': '',
        'src/shared/model/d.ts': '',
        'src/main/engine/engine.ts': "import { x } from './tunnel/a.ts';",
      }),
    ).toEqual([]);
  });

  it.each([
    [
      'src/main/engine/ssh/up.ts',
      "import type { T } from '../tunnel/machine.ts';",
      'engine/ssh must not import engine/tunnel',
    ],
    ['src/main/engine/ssh/up.ts', "const { T } = await import('../engine.ts');", 'engine/ssh must not import engine '],
    [
      'src/main/engine/lifecycle/up.ts',
      "export { T } from '../config/load.ts';",
      'engine/lifecycle must not import engine/config',
    ],
    ['src/shared/model/up.ts', "import { T } from '../../main/engine/engine.ts';", 'shared must not import engine '],
    [
      'src/renderer/store/up.ts',
      "import { T } from '../../main/engine/log/log.ts';",
      'renderer must not import engine/log',
    ],
    ['src/main/cli/up.ts', "import { T } from '../desktop/shell.ts';", 'cli must not import desktop'],
    ['src/main/engine/pool/up.ts', "import { app } from 'electron';", 'electron is imported outside the desktop shell'],
    [
      'src/main/engine/pool/up.ts',
      "import type { T } from 'ssh2/lib/protocol/Protocol.js';",
      'ssh2 is imported outside engine/ssh',
    ],
    ['src/shared/model/up.ts', "import { join } from 'node:path';", 'node:path in shared'],
    ['src/main/engine/attic/up.ts', '', 'lies in no room'],
    ['src/main/attic/up.ts', '', 'lies in no room'],
    ['src/attic/up.ts', '', 'lies in no room'],
  ])('refuses %s with %s', (file, text, said) => {
    expect(complaints({ [file]: text })).toEqual([expect.stringContaining(said)]);
  });

  it('refuses circles, of types too, and shows the way round', () => {
    const files = {
      'src/main/engine/ssh/a.ts': "import { b } from './b.ts';",
      'src/main/engine/ssh/b.ts': "import type { C } from './c.ts';",
      'src/main/engine/ssh/c.ts': "export { a } from './a.ts';",
    };
    expect(complaints(files)).toEqual([
      'src/main/engine/ssh/a.ts: a circle of imports: src/main/engine/ssh/a.ts -> src/main/engine/ssh/b.ts -> src/main/engine/ssh/c.ts -> src/main/engine/ssh/a.ts',
    ]);
  });

  it('knows the room of every kind of file', () => {
    expect(roomOf('src/main/engine/engine.ts')).toBe('engine');
    expect(roomOf('src/main/engine/ssh/link.ts')).toBe('engine/ssh');
    expect(roomOf('src/main/engine/ssh/wire/reader.ts')).toBe('engine/ssh');
    expect(roomOf('src/main/index.ts')).toBe('entry');
    expect(roomOf('src/main/cli/commands/up.ts')).toBe('cli');
    expect(roomOf('src/renderer/app.tsx')).toBe('renderer');
  });
});

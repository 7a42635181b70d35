import * as fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { autostartEntry, execLine, readAutostart } from '../../../../src/main/desktop/autostart-file.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Reads Exec as the specification says: the escapes of a string first, then the quoting of arguments, then the doubled percent sign. */
function parseExec(value: string): string[] {
  const text = value.replaceAll(/\\(.)/g, (_all, c: string) => ({ n: '\n', t: '\t', r: '\r', s: ' ' })[c] ?? c);
  const words: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g))
    words.push((match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? '').replaceAll('%%', '%'));
  return words;
}

const execOf = (entry: string): string => /^Exec=(.*)$/m.exec(entry)?.[1] ?? '';

describe('the command line of an autostart entry', () => {
  it.each([
    ['/usr/bin/holdfast', '/usr/bin/holdfast --hidden'],
    ['/opt/Hold fast/holdfast', '"/opt/Hold fast/holdfast" --hidden'],
    ['/opt/$HOME/`x`', '"/opt/\\\\$HOME/\\\\`x\\\\`" --hidden'],
    ['/opt/a"b', '"/opt/a\\\\"b" --hidden'],
    ['/opt/a\\b', '"/opt/a\\\\\\\\b" --hidden'],
    ['/opt/50%/x', '/usr/bin/env /opt/50%%/x --hidden'],
  ])('writes %s', (program, line) => {
    expect(execLine({ program, args: ['--hidden'] })).toBe(line);
  });

  it('keeps any path whole', () => {
    const path = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\0\n\r\t]/.test(text) && text.trim() !== '');
    fc.assert(
      fc.property(path, (name) => {
        const program = `/opt/${name}`;
        const words = parseExec(execLine({ program, args: ['--hidden'] }));
        expect(words).toEqual(program.includes('%') ? ['/usr/bin/env', program, '--hidden'] : [program, '--hidden']);
      }),
    );
  });

  it.skipIf(!existsSync('/usr/bin/gio'))('is launched by the desktop with its exact arguments', () => {
    const folder = tempFolder();
    const said = folder.file('said');
    const program = folder.file('a b"c\'d$e`f\\g;&ü');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$0" "$@" >'${said}.new'\nmv '${said}.new' '${said}'\n`, {
      mode: 0o755,
    });
    const entry = folder.file('test.desktop');
    writeFileSync(entry, autostartEntry({ program, args: ['--hidden'] }));
    spawnSync('gio', ['launch', entry], { timeout: 10_000 });
    for (let i = 0; i < 100 && !existsSync(said); i += 1) spawnSync('sleep', ['0.05']);
    expect(readFileSync(said, 'utf8')).toBe(`${program}\n--hidden\n`);
  });
});

describe('reading an entry', () => {
  const entry = autostartEntry({ program: '/usr/bin/holdfast', args: ['--hidden'] });

  it('knows its own', () => {
    expect(readAutostart(entry)).toEqual({ kind: 'on', exec: execOf(entry) });
    expect(readAutostart(null)).toEqual({ kind: 'absent' });
    expect(readAutostart('[Desktop Entry]\nExec=other\n')).toEqual({ kind: 'foreign' });
  });

  it.each([
    ['Hidden', `${entry}Hidden=true\n`],
    ['GNOME', entry.replace('enabled=true', 'enabled=false')],
  ])('honours what was switched off by %s', (_by, content) => {
    expect(readAutostart(content).kind).toBe('off');
  });

  it('does not take keys of other groups', () => {
    expect(readAutostart(`${entry}\n[Desktop Action x]\nHidden=true\n`).kind).toBe('on');
  });
});

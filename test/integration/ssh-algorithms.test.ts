import * as fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { applyEdits } from '../../src/main/engine/config/config-edits.ts';
import { ConfigEditor } from '../../src/main/engine/config/edit.ts';
import { parseConfig } from '../../src/main/engine/config/parse.ts';
import { parseSshCommand } from '../../src/main/engine/interop/ssh-command.ts';
import { importSshConfig } from '../../src/main/engine/interop/ssh-config-import.ts';
import { algorithmOffer, defaultAlgorithms, supportedAlgorithms } from '../../src/main/engine/ssh/algorithms.ts';
import type { ConfigEdit } from '../../src/shared/contract/editing-calls.ts';
import { tempFolder } from '../support/temp.ts';

function ssh(...words: string[]): string {
  return spawnSync('ssh', words, { encoding: 'utf8' }).stdout;
}

function listOf(key: string, words: readonly string[]): string[] | null {
  const found = new RegExp(`^${key} (.*)$`, 'm').exec(ssh('-G', '-F', 'none', ...words, 'box'))?.[1];
  return found?.split(',') ?? null;
}

const options = [
  ['Ciphers', 'ciphers', 'cipher', '-c'],
  ['MACs', 'macs', 'mac', '-m'],
  ['KexAlgorithms', 'kexalgorithms', 'kex', null],
  ['HostKeyAlgorithms', 'hostkeyalgorithms', 'serverHostKey', null],
] as const;

function offerAfter(edits: readonly ConfigEdit[]) {
  const editor = new ConfigEditor('', { file: '/nowhere/config.toml' });
  applyEdits(editor, edits);
  const host = editor.check().config.hosts.get('box');
  if (!host) throw new Error('no host');
  return algorithmOffer(host, (names) => names);
}

test.each(options)(
  '%s: what ssh would offer beyond its defaults is offered, and nothing that it would not',
  async (name, key, kind, letter) => {
    const home = tempFolder();
    mkdirSync(home.file('.ssh'));
    const file = home.file('.ssh', 'config');
    const parsed = parseConfig('', { file: home.file('config.toml') });
    if (parsed.kind === 'bad') throw new Error('an empty configuration is a good one');
    const { config } = parsed;
    const known = ssh('-Q', name === 'HostKeyAlgorithms' ? name : key === 'kexalgorithms' ? 'kex' : kind)
      .trim()
      .split('\n');
    const usual = listOf(key, []) ?? [];
    const own: readonly string[] = defaultAlgorithms()[kind];
    const able: readonly string[] = supportedAlgorithms()[kind];
    const given = fc
      .tuple(
        fc.constantFrom('', '', '+', '^', '-'),
        fc.uniqueArray(fc.constantFrom(...known), { minLength: 1, maxLength: 6 }),
      )
      .map(([sign, names]) => sign + names.join(','));
    await fc.assert(
      fc.asyncProperty(given, async (value) => {
        const real = listOf(key, ['-o', `${name}=${value}`]);
        fc.pre(real !== null && real.length > 0);
        writeFileSync(file, `Host box\n ${name} ${value}\n`, { mode: 0o600 });
        const said = letter === null ? `-o ${name}=${value}` : `${letter} ${value}`;
        const pasted = parseSshCommand(`ssh ${said} -L 1:a:1 box`, { config, home: home.path });
        const imported = await importSshConfig(['box'], { file, config, mayRunCommands: false, home: home.path });
        expect(pasted.problem).toBeNull();
        expect(imported.skipped).toEqual([]);
        for (const edits of [pasted.edits, imported.edits]) {
          const offer: readonly string[] = offerAfter(edits)[kind];
          const old = (real ?? []).filter((one) => able.includes(one) && !usual.includes(one));
          expect(offer).toEqual(expect.arrayContaining(old));
          expect(offer.filter((one) => !own.includes(one) && !(real ?? []).includes(one))).toEqual([]);
          // Something that ssh would offer is offered, if it can be at all.
          if (real?.some((one) => able.includes(one))) expect(offer.some((one) => real.includes(one))).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  },
);

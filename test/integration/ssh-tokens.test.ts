import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/main/engine/config/parse.ts';
import { parseSshCommand } from '../../src/main/engine/interop/ssh-command.ts';
import { importSshConfig } from '../../src/main/engine/interop/ssh-config-import.ts';
import type { ConfigEdit } from '../../src/shared/contract/editing-calls.ts';
import { tempFolder } from '../support/temp.ts';

/** The tokens of ssh_config(5) where a way in or an address is named: the real ssh says what they are there. */

const tokens = ['r', 'h', 'p', 'n', 'u', 'd', 'i', 'k', 'L', 'l', 'C', 'j', 'T', '%'];

function bench(options: string) {
  const home = tempFolder();
  mkdirSync(home.file('.ssh'));
  const file = home.file('.ssh', 'config');
  writeFileSync(file, `Host box\n HostName 127.0.0.9\n User me\n Port 2222\n ${options}\n`, { mode: 0o600 });
  const parsed = parseConfig('', { file: home.file('config.toml') });
  if (parsed.kind === 'bad') throw new Error('an empty configuration is a good one');
  return { home: home.path, file, config: parsed.config };
}

/** What ssh says as it begins to connect. Nothing listens at port 1 of this machine, where the way leads. */
function sshSays(words: readonly string[], home: string): string {
  const env = { ...process.env, HOME: home };
  const ran = spawnSync('ssh', ['-v', '-o', 'BatchMode=yes', ...words], { env, input: '', encoding: 'utf8' });
  return ran.stderr;
}

/** The user of the jump host in the command that ssh runs, or null if it refuses the token. */
function userThere(said: string): string | null {
  if (/unknown key %/.test(said)) return null;
  return /Executing proxy command: exec .*?-l x(\S*) /.exec(said)?.[1] ?? `? ${said}`;
}

/** Of the host that jumps: who logs in to the jump host. */
function hopUser(edits: readonly ConfigEdit[]): string | null {
  const hop = edits.find((edit) => edit.op === 'add-host' && edit.values['address'] === '127.0.0.1');
  return hop?.op === 'add-host' ? JSON.stringify(hop.values['user']).slice(2, -1) : null;
}

const ways = [
  ['ProxyJump', (token: string) => `x%${token}@127.0.0.1:1`],
  ['ProxyCommand', (token: string) => `ssh -p 1 -l x%${token} -W %h:%p 127.0.0.1`],
] as const;

describe.each(ways)('%s', (option, value) => {
  test.each(tokens)('%%%s is what ssh makes of it, or refused by its name', async (token) => {
    const at = bench(`${option} ${value(token)}`);
    const real = userThere(sshSays(['-F', at.file, 'box'], at.home));
    const imported = await importSshConfig(['box'], { ...at, mayRunCommands: false });
    const pasted = parseSshCommand(
      `ssh -p 2222 -l me -o HostName=127.0.0.9 -o '${option}=${value(token)}' -L 1:a:1 box`,
      at,
    );
    expect(hopUser(imported.edits)).toBe(real);
    expect(hopUser(pasted.edits)).toBe(real);
    const refused = `${option} has %${token} in it, which ssh does not fill in there.`;
    expect(pasted.problem).toBe(real === null ? refused : null);
    expect(imported.skipped).toEqual(real === null ? [{ alias: 'box', reason: `Its ${refused}` }] : []);
  });
});

test('-J is filled in with what belongs to the end of the way, at each hop', () => {
  const at = bench('');
  const said = sshSays(['-F', at.file, '-J', 'a%r@127.0.0.1:1,x%p@127.0.0.1:1', 'box'], at.home);
  expect(said).toMatch(/Executing proxy command: exec ssh -l x2222 .*-J ame@127\.0\.0\.1:1/);
  const { edits } = parseSshCommand('ssh -p 2222 -l me -J a%r@j1.x:1,x%p@j2.x:1 -L 1:a:1 box.x', at);
  expect(edits.flatMap((edit) => (edit.op === 'add-host' ? [edit.values['user']] : []))).toEqual([
    'ame',
    'x2222',
    'me',
  ]);
});

test.each(['h', 'r', 'p', 'n', 'u', '%'])('HostName with %j as a token', (token) => {
  const at = bench('');
  const ran = spawnSync('ssh', ['-G', '-F', 'none', '-o', `HostName=1%${token}2`, 'box'], { encoding: 'utf8' });
  const real = /^hostname (.*)$/m.exec(ran.stdout)?.[1] ?? null;
  const pasted = parseSshCommand(`ssh -o HostName=1%${token}2 -L 1:a:1 box`, at);
  if (real === null) expect(pasted.problem).toBe(`HostName has %${token} in it, which ssh does not fill in there.`);
  else expect(pasted.edits[0]).toMatchObject({ values: { address: real } });
});

test('a value that is more than a word in a command is not put into one', () => {
  const at = bench('');
  const command = (user: string) => `ssh -o User='${user}' -o 'ProxyJump=%r@j.x' -L 1:a:1 box.x`;
  expect(parseSshCommand(command('a,b'), at).problem).toContain('%r');
  expect(parseSshCommand(command('a;b'), at).problem).toContain('%r');
});

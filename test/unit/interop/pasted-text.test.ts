import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import { parseSshCommand } from '../../../src/main/engine/interop/ssh-command.ts';

const parsed = parseConfig('', { file: `${homedir()}/config.toml` });
if (parsed.kind === 'bad') throw new Error('an empty configuration is a good one');
const { config } = parsed;

function made(text: string) {
  const result = parseSshCommand(text, { config, home: homedir() });
  expect(result.problem).toBeNull();
  const [host, tunnel] = result.edits;
  if (host?.op !== 'add-host' || tunnel?.op !== 'add-tunnel') throw new Error(JSON.stringify(result));
  return { host: host.values, tunnel: tunnel.values, notes: result.notes };
}

const ssh = 'ssh -N -L 1:a:1 h.x';
const loop = 'The loop is left out: Holdfast connects again by itself.';
const times = 'The times of the crontab are left out: Holdfast keeps the tunnel up by itself.';
const unit = 'Of the unit only ExecStart, Environment and User are read: Holdfast keeps the tunnel up by itself.';

describe('a command as people keep it', () => {
  test.each<[string, readonly string[]]>([
    [`nice ${ssh}`, []],
    [`nice -n 10 ${ssh}`, []],
    [`nice -10 ionice -c 3 ${ssh}`, []],
    [`timeout 3600 ${ssh}`, ['timeout is left out']],
    [`timeout -k 5 --signal=INT 1h ${ssh}`, ['timeout is left out']],
    [`timeout --kill-after 5 1h ${ssh}`, ['timeout is left out']],
    [`env ${ssh}`, []],
    [`/usr/bin/env -i -u LANG ${ssh}`, []],
    [`env -S '${ssh}'`, []],
    [`nohup setsid stdbuf -oL ${ssh} &`, []],
    [`flock -n /tmp/l ${ssh}`, []],
    [`bash -lc '${ssh}'`, []],
    [`sh -c "exec ${ssh}"`, []],
    [`screen -dmS tunnel ${ssh}`, []],
    [`systemd-run --user --unit tunnel ${ssh}`, []],
    [`proxychains4 -q -f /etc/p ${ssh}`, ['proxychains4 is left out: how it reaches the network is not known here']],
    [`#!/bin/sh\n# my tunnel\n\n${ssh}\n`, []],
    [`while true; do ${ssh}; sleep 5; done`, [loop]],
    [`while :\ndo\n  ${ssh}\n  sleep 5\ndone`, [loop]],
    [`while [ 1 ]; do echo again; ${ssh} || sleep 3; done &`, [loop]],
    [`for ((;;)); do ${ssh}; done`, [loop]],
    [`until ${ssh}; do sleep 1; done`, [loop]],
    [`while ! ${ssh}; do sleep 1; done # for ever`, [loop]],
    [`while true; do ${ssh}; rm -rf x; done`, [loop, 'What follows is no part of the command and is left out: ; rm']],
    [`@reboot ${ssh}`, [times]],
    [`*/5 * * * * ${ssh} >/dev/null 2>&1`, [times]],
    [`# m h dom mon dow\n0 3 * JAN-MAR mon-fri /usr/bin/${ssh}`, [times]],
    [`ExecStart=/usr/bin/${ssh}`, []],
    [`[Unit]\nDescription=x\n[Service]\nExecStart=-/usr/bin/ssh -N \\\n  -L 1:a:1 h.x\nRestart=always\n`, [unit]],
    ['ssh –N –L 1:a:1 h.x', ['Typographic marks were read as plain ones: –']],
    ['ssh —N -L “1:a:1” ‘h.x’', ['Typographic marks were read as plain ones: “ ” ‘ ’ —']],
    ['ssh\u00a0-N\u200b -L 1:a:1 \u2014 h.x', ['Typographic marks were read as plain ones: \u2014 U+00A0 U+200B']],
  ])('%j', (text, notes) => {
    const result = made(text);
    expect(result.host).toEqual({ address: 'h.x' });
    expect(result.tunnel).toEqual({ host: 'h', forwards: ['local 1 -> a:1'] });
    expect(result.notes).toEqual(notes.map((note) => expect.stringContaining(note)));
  });

  // Their number of ways to be read grows with each word; the time may not.
  test.each([
    ['some waits in a loop', `while true; do ${ssh}; ${'sleep '.repeat(40)}\`x\`; done`],
    ['many waits in a loop', `while true; do ${ssh}; ${'sleep '.repeat(5000)}\`x\`; done`],
    ['words in a loop', `while true; do ${ssh}; ${'done ; do sleep 5 & '.repeat(5000)}$(x)`],
    ['blanks in a loop', `while true; do ${ssh};${' '.repeat(50_000)}\`x\``],
    ['comments in a loop', `while true; do ${ssh}; ${'sleep # '.repeat(5000)}\n\`x\``],
    ['words before it', `${'echo a ; '.repeat(5000)}${ssh}`],
    ['blanks before it', `${' \n'.repeat(30_000)}${ssh}`],
    ['comments before it', `${'# a\n'.repeat(10_000)}${ssh}`],
    ['assignments before it', `${'A=b '.repeat(10_000)}${ssh}`],
    ['times', `${'* '.repeat(20_000)}${ssh}`],
    ['a unit with blanks', `[Service]\n${' '.repeat(50_000)}X\nExecStart=${ssh}\n`],
    ['quotes', `${ssh} ${`"'`.repeat(20_000)}`],
    ['backslashes', `${ssh} ${'\\'.repeat(50_000)}`],
    ['variables', `${ssh} ${'$A'.repeat(20_000)}`],
    ['at signs', `ssh -N -L 1:a:1 ${'a@'.repeat(20_000)}`],
    ['colons', `ssh -N -L ${'1:'.repeat(20_000)} h.x`],
    ['brackets', `ssh -N -L ${'['.repeat(20_000)} h.x`],
  ])('a hostile paste is read in no time: %s', { timeout: 10_000 }, (_what, text) => {
    parseSshCommand(text, { config, home: homedir() });
  });

  test.each([
    'SSHPASS=hunter2secret sshpass -eSSHPASS',
    'SSHPASS=hunter2secret sshpass -e',
    "export SSHPASS='hunter2secret'; sshpass -v",
    'export SSHPASS=hunter2secret; autossh -M 0 -N -L 2:a:1 h.x #',
    'sshpass -p hunter2secret',
    'sshpass -phunter2secret',
    'env SSHPASS=hunter2secret sshpass -eMYP',
  ])('a password goes nowhere: %s', (before) => {
    const result = parseSshCommand(`${before} ${ssh}`, { config, home: homedir() });
    expect(result.problem).toBeNull();
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  // `sudo -u deploy ssh host` logs in as deploy: ssh takes the name of whom it runs as.
  test.each([
    [`sudo -u deploy ${ssh}`, 'deploy'],
    [`sudo --user=deploy -- ${ssh}`, 'deploy'],
    [`sudo -iu deploy ${ssh}`, 'deploy'],
    [`sudo -H -u deploy env A=b ${ssh}`, 'deploy'],
    [`doas -u deploy ${ssh}`, 'deploy'],
    [`su - deploy -c '${ssh}'`, 'deploy'],
    [`su -s /bin/sh -c '${ssh}' deploy`, 'deploy'],
    [`runuser -u deploy -- ${ssh}`, 'deploy'],
    [`@reboot deploy /usr/bin/${ssh}`, 'deploy'],
    [`0 * * * * deploy ${ssh}`, 'deploy'],
    [`[Service]\nUser=deploy\nExecStart=/usr/bin/${ssh}`, 'deploy'],
  ])('%j goes on as %s', (text, user) => {
    const result = made(text);
    expect(result.host).toEqual({ address: 'h.x', user });
    expect(result.notes).toContain(`The user at the server is ${user}, as for the ssh that ${user} runs.`);
    expect(made(text.replace('h.x', 'me@h.x')).host).toEqual({ address: 'h.x', user: 'me' });
  });

  test.each([
    'AUTOSSH_POLL=30 autossh -M 0 -L 1:a:1 h.x',
    'env AUTOSSH_POLL=30 nice autossh -M 0 -L 1:a:1 h.x',
    'export AUTOSSH_POLL=30\nexport LANG="C"; autossh -M 0 -L 1:a:1 h.x',
    '[Service]\nEnvironment="AUTOSSH_POLL=30" "X=y"\nExecStart=/usr/bin/autossh -M 0 -L 1:a:1 h.x',
    '[Service]\nEnvironment=T=h.x AUTOSSH_POLL=30\nExecStart=/usr/bin/autossh -M 0 -L 1:a:1 ${T}',
  ])('variables of autossh: %j', (text) => {
    expect(made(text)).toMatchObject({ host: { address: 'h.x' }, tunnel: { backoff: 'autossh', poll: '30s' } });
  });

  test('percent signs of systemd and cron are their own', () => {
    const said = 'To connect, Holdfast will run the command: nc %h %p';
    expect(made("ExecStart=/usr/bin/ssh -o 'ProxyCommand=nc %%h %%p' -L 1:a:1 h.x").notes).toContain(said);
    expect(made("@daily ssh -o 'ProxyCommand=nc \\%h \\%p' -L 1:a:1 h.x").notes).toContain(said);
    expect(made('ExecStart=/usr/bin/ssh -i %h/.ssh/k -L 1:a:1 h.x').host['identity']).toEqual(['~/.ssh/k']);
  });

  test.each([
    ['ExecStart=/usr/bin/ssh -L 1:a:1 %i', 'The unit has %i in it'],
    ['ExecStart=/usr/bin/ssh -L 1:a:1 ${TARGET}', 'The unit has ${TARGET} in it'],
    ['while true; do ls; done', 'it begins with "ls"'],
    ['timeout 5', 'There is no command here'],
    ['sudo', 'There is no command here'],
    ['sh -c \'sh -c "ssh $X"\'', 'only your shell knows'],
    ['while '.repeat(3000), 'longer than 16 KiB'],
  ])('%.60j is none: %s', (text, why) => {
    const result = parseSshCommand(text, { config, home: homedir() });
    expect(result).toMatchObject({ edits: [], tunnel: null, problem: expect.stringContaining(why) });
  });

  test('hostile texts of the greatest length are answered', () => {
    for (const piece of [
      'echo ',
      ';\n',
      '* ',
      'A=b;',
      'sleep 1\n',
      '#\n',
      'env ',
      'until ',
      '%',
      '“',
      "sh -c '",
      ' \t',
      ':;',
    ]) {
      const text = piece.repeat(Math.floor((16 * 1024) / piece.length));
      expect(parseSshCommand(text, { config, home: homedir() }).problem).not.toBeNull();
      expect(
        parseSshCommand(`while ! ssh h${text}x`.slice(0, 16_000), { config, home: homedir() }).problem,
      ).not.toBeNull();
    }
  });
});

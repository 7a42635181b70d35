import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyboardAuthContext } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { type LoginServer, type LoginTools, startLoginServer } from '../support/login-server.ts';
import { endOwned, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';

/** Servers that repeat what a person typed: in texts, banners, questions and good-byes. Nothing of it stays, on disk or in answers. */

endOwned();

/** The next try is far away: one that soon asks again would hide that the last one failed. */
const host = (port: number): string =>
  `[settings]\nbackoff-first = "10m"\nbackoff-cap = "10m"\n[hosts.box]\naddress = "127.0.0.1"\nport = ${port}\nuser = "me"\nagent = false\nknown-hosts = ["known_hosts"]\n`;

const toNothing = 'local 127.0.0.1:0 -> 127.0.0.1:9';

interface Asked {
  readonly fields: readonly { readonly prompt: string; readonly echo: boolean }[];
  readonly values: readonly string[];
  /** What must be found nowhere. */
  readonly hidden: readonly string[];
}

const otp = '918273';
const password = 'tr0ub4dor&3-öl';
const oneField: Asked = { fields: [{ prompt: 'Password: ', echo: false }], values: [password], hidden: [password] };
const oneCode: Asked = { fields: [{ prompt: 'Passcode: ', echo: false }], values: [otp], hidden: [otp] };
const shownCode: Asked = { fields: [{ prompt: 'One-time code: ', echo: true }], values: [otp], hidden: [otp] };
const twoFields: Asked = {
  fields: [
    { prompt: 'Token: ', echo: false },
    { prompt: 'New PIN: ', echo: false },
  ],
  values: [otp, password],
  hidden: [otp, password],
};

/** Everything below a folder as text. */
function everything(folder: string): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => {
      const { isDirectory, isFile } = { isDirectory: statSync(path).isDirectory(), isFile: statSync(path).isFile() };
      return isDirectory ? everything(path) : isFile ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

async function echoing(
  asked: Asked,
  react: (said: readonly string[], context: KeyboardAuthContext, tools: LoginTools) => void,
): Promise<{ rig: TunnelRig; server: LoginServer }> {
  const server = await startLoginServer((context, tools) => {
    if (context.method !== 'keyboard-interactive') {
      context.reject(['keyboard-interactive']);
      return;
    }
    context.prompt([...asked.fields], 'box', '', (said) => react(said, context, tools));
  });
  own({ dispose: () => server.stop() });
  const rig = await TunnelRig.start(host(server.port) + tunnelTable('db', 'box', [toNothing]), [server.knownHostsLine]);
  return { rig, server };
}

/** All that the engine says of it, and all that it wrote. */
async function told(rig: TunnelRig): Promise<string> {
  const call = rig.client.call.bind(rig.client);
  const answers = await Promise.all([
    call('status', { names: [] }),
    call('snapshot', {}),
    call('history', { names: [], limit: 1000 }),
    call('stats', { names: [] }),
    call('logs', { tunnel: 'db', lines: 10_000 }),
    call('logs', { tunnel: null, lines: 10_000 }),
    call('prompts', {}),
    call('tunnel.detail', { name: 'db' }),
  ]);
  const commands = [
    ['status'],
    ['status', '--json'],
    ['events'],
    ['show', 'db'],
    ['prompts', '--json'],
    ['logs', 'db'],
  ];
  const ran = [];
  for (const command of commands) ran.push(await rig.holdfast.run(command));
  return JSON.stringify([answers, ran, rig.holdfast.output, rig.holdfast.errors]) + everything(rig.holdfast.home);
}

function expectNothingOf(hidden: readonly string[], text: string): void {
  for (const value of hidden)
    for (const spelling of [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      Buffer.from(value).toString('base64').replace(/=+$/, ''),
      Buffer.from(value).toString('hex'),
    ])
      expect(text, spelling).not.toContain(spelling);
}

async function answered(rig: TunnelRig, { values }: Asked): Promise<void> {
  const prompt = await rig.prompted(() => true, 'of the server');
  await rig.client.call('answer', { id: prompt.id, answer: { kind: 'values', values: [...values], remember: false } });
}

describe.each([
  ['a password', oneField],
  ['a code', oneCode],
  ['a code that is shown while it is typed', shownCode],
  ['two fields', twoFields],
])('a server that was given %s and repeats it', (_name, asked) => {
  it('in its good-bye, in all spellings, cut in the middle, in a banner and in the names of methods', async () => {
    const { rig } = await echoing(asked, (said, _context, tools) => {
      for (const value of said) tools.banner(`${'.'.repeat(4090)}${value}`);
      for (const value of said) tools.banner(`you said ${value}, ${Buffer.from(value).toString('base64')}`);
      const text = said.map((value) => `bad answer ${value} ${Buffer.from(value).toString('hex')}`).join(', ');
      // The last one reaches over the end of what is shown.
      const cut = '-'.repeat(297 - text.length > 0 ? 297 - text.length : 0);
      tools.disconnect(2, `${text}${cut}${said.at(-1) ?? ''}`);
    });
    await rig.up('db');
    await answered(rig, asked);
    await rig.reach('db', (row) => row.state.kind === 'dead' || row.state.kind === 'retrying', 'to fail');
    const text = await told(rig);
    expect(text).toContain('[secret]');
    expectNothingOf(asked.hidden, text);
    // Nor the beginning of one that was cut.
    for (const value of asked.hidden) expect(text).not.toContain(`---${value.slice(0, 3)}`);
    for (const value of asked.hidden) expect(text).not.toContain(`...${value.slice(0, 5)}`);
  });

  it('in its next question and in the methods that it takes', async () => {
    const { rig } = await echoing(asked, (said, context) => {
      context.prompt(
        [{ prompt: `You typed ${said.join(' ')}. Again: `, echo: false }],
        'box',
        `Wrong: ${said.join(' ')}`,
        () => context.reject([`no-${said.join('-')}`] as never),
      );
    });
    await rig.up('db');
    await answered(rig, asked);
    const again = await rig.prompted((prompt) => prompt.message.includes('Again'), 'the next question');
    expect(again.message).toContain('[secret]');
    expectNothingOf(asked.hidden, await told(rig));
    await rig.answer(again.id, { value: 'something-else-1' });
    await rig.reach('db', (row) => row.state.kind === 'dead' || row.state.kind === 'retrying', 'to fail');
    expectNothingOf([...asked.hidden, 'something-else-1'], await told(rig));
  });

  it('when the link ends, also after what was typed is forgotten, and in a test', async () => {
    let said: readonly string[] = [];
    let hangUp: ((text: string) => void) | null = null;
    const { rig, server } = await echoing(asked, (values, context, tools) => {
      said = values;
      hangUp = (text) => tools.disconnect(11, text);
      context.accept();
    });
    await rig.up('db');
    await answered(rig, asked);
    await rig.running('db');
    const steps = await rig.client.call('tunnel.test', { tunnel: 'db', edits: [] });
    expectNothingOf(asked.hidden, JSON.stringify(steps));
    await rig.client.call('secret.lock', {});
    (hangUp as ((text: string) => void) | null)?.(`good-bye ${said.join(' ')}`);
    const row = await rig.reach('db', (now) => now.state.kind === 'retrying', 'to lose its link');
    expect(row.state).toMatchObject({ cause: { message: expect.stringContaining('good-bye [secret]') as string } });
    const history = await rig.client.call('history', { names: ['db'], limit: 100 });
    expect(JSON.stringify(history)).toContain('good-bye [secret]');
    await rig.down('db');
    expect(said.length).toBe(asked.values.length);
    expect(server.connections()).toBeGreaterThan(0);
    expectNothingOf(asked.hidden, await told(rig));
  });
});

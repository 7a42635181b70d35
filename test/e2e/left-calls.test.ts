import { describe, expect, it } from 'vitest';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { type LoginServer, startLoginServer } from '../support/login-server.ts';
import { enter, trade } from '../support/panel-wire.ts';
import { endOwned, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';

/** Shells that leave while a call of theirs is under way: what it held for them alone ends. */

endOwned();

const toNothing = 'local 127.0.0.1:0 -> 127.0.0.1:9';

/** An engine with ten tunnels over a host each, and one more over the first; the server asks for a password. */
async function asking(): Promise<{ rig: TunnelRig; server: LoginServer }> {
  const server = await startLoginServer((context) => {
    if (context.method === 'keyboard-interactive')
      context.prompt([{ prompt: 'Password: ', echo: false }], 'box', () => {});
    else context.reject(['keyboard-interactive']);
  });
  own({ dispose: () => server.stop() });
  const tables = Array.from({ length: 10 }, (_, index) => {
    const host = `[hosts.box${index}]\naddress = "127.0.0.1"\nport = ${server.port}\nuser = "me${index}"\nagent = false\nknown-hosts = ["known_hosts"]\n`;
    return host + tunnelTable(`db${index}`, `box${index}`, [toNothing]);
  });
  tables.push(tunnelTable('other', 'box0', [toNothing]));
  const rig = await TunnelRig.start(tables.join(''), [server.knownHostsLine]);
  return { rig, server };
}

async function anotherShell({ holdfast }: TunnelRig): Promise<ControlClient> {
  const profile = resolveProfile(holdfast.configFile, holdfast.env, process.platform, holdfast.home);
  return own(await ControlClient.connect(profile, { timeoutMs: 20_000 }));
}

/** Begins a test whose answer nobody looks at; it must not fail before its shell leaves. */
function begin(shell: ControlClient, tunnel: string): void {
  shell.call('tunnel.test', { tunnel, edits: [] }).catch(() => {});
}

async function nothingIsHeld(rig: TunnelRig, server: LoginServer): Promise<void> {
  await until(async () => (await rig.client.call('prompts', {})).length === 0, {
    what: 'the question to be withdrawn',
  });
  await until(() => server.clients().length === 0, { what: 'the attempt to end' });
}

describe('a test of a tunnel', () => {
  it('ends with the shell that asked for it, its question too', async () => {
    const { rig, server } = await asking();
    const shell = await anotherShell(rig);
    begin(shell, 'db0');
    await rig.prompted(() => true, 'of the test');
    shell.dispose();
    await nothingIsHeld(rig, server);
  });

  it('ends with the page that asked for it', async () => {
    const { rig, server } = await asking();
    const { url } = await rig.client.call('panel.link', { port: null });
    const page = await enter(new URL(url).origin, (await trade(url)) ?? '');
    page?.wire.send({ id: 2, call: 'tunnel.test', input: { tunnel: 'db0', edits: [] } });
    await rig.prompted(() => true, 'of the test');
    page?.wire.socket.terminate();
    await nothingIsHeld(rig, server);
  });

  it('goes on for another shell that waits for the same login', async () => {
    const { rig, server } = await asking();
    const [first, second] = [await anotherShell(rig), await anotherShell(rig)];
    begin(first, 'db0');
    const prompt = await rig.prompted(() => true, 'of the tests');
    begin(second, 'other');
    await rig.prompted(({ tunnels }) => tunnels.length === 2, 'of both');
    first.dispose();
    const left = await rig.prompted(({ tunnels }) => tunnels.length === 1, 'of the one that stays');
    expect(left).toMatchObject({ id: prompt.id, tunnels: ['other'] });
    second.dispose();
    await nothingIsHeld(rig, server);
  });

  it('is refused in plain words while eight are under way, of all shells, and is taken again when one has gone', async () => {
    const { rig, server } = await asking();
    const shells = [];
    for (let index = 0; index < 8; index += 1) {
      const shell = await anotherShell(rig);
      begin(shell, `db${index}`);
      shells.push(shell);
    }
    await until(async () => (await rig.client.call('prompts', {})).length === 8, { what: 'eight questions' });
    await expect(rig.client.call('tunnel.test', { tunnel: 'db8', edits: [] })).rejects.toMatchObject({
      code: 'usage',
      message: '8 tests of tunnels are under way already.',
    });
    shells[0]?.dispose();
    await until(async () => (await rig.client.call('prompts', {})).length === 7, { what: 'one to be gone' });
    const last = await anotherShell(rig);
    begin(last, 'db9');
    await rig.prompted((prompt) => prompt.user === 'me9', 'of the next test');
    for (const shell of [...shells, last]) shell.dispose();
    await nothingIsHeld(rig, server);
  });
});

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthContext } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { type LoginServer, type LoginTools, startLoginServer } from '../support/login-server.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeTempFolder } from '../support/temp.ts';
import { endOwned, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

/** Logins that are finished elsewhere: approved in a browser, tapped on a phone. */

endOwned();

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));

const address = 'https://login.example.org/a/1f2e3d4c';
const toNothing = 'local 127.0.0.1:0 -> 127.0.0.1:9';

const host = (port: number, extra: string): string =>
  `[hosts.box]\naddress = "127.0.0.1"\nport = ${port}\nuser = "me"\nagent = false\nknown-hosts = ["known_hosts"]\n${extra}\n`;

interface Scene {
  readonly rig: TunnelRig;
  readonly server: LoginServer;
  /** Lets in whoever waits. */
  readonly approve: () => void;
  readonly deny: () => void;
}

async function scene(
  call: (context: AuthContext, tools: LoginTools, wait: () => void) => void,
  extra = '',
): Promise<Scene> {
  const waiting: AuthContext[] = [];
  const server = await startLoginServer((context, tools) => call(context, tools, () => waiting.push(context)));
  own({ dispose: () => server.stop() });
  const rig = await TunnelRig.start(
    host(server.port, extra) + tunnelTable('db', 'box', [toNothing], ['start = "manual"']),
    [server.knownHostsLine],
  );
  return {
    rig,
    server,
    approve: () => {
      for (const context of waiting.splice(0)) context.accept();
    },
    deny: () => {
      for (const context of waiting.splice(0)) context.reject([]);
    },
  };
}

/** As Tailscale and its like: the text comes by a banner while `none` is open. */
const byBanner = (context: AuthContext, tools: LoginTools, wait: () => void): void => {
  tools.banner(`# An additional check is required.\r\n# To authenticate, visit: ${address}\r\n\u001b[2J`);
  wait();
  void context;
};

/** As Teleport and its like: an instruction without a field, and then nothing. */
const byInstruction = (context: AuthContext, _tools: LoginTools, wait: () => void): void => {
  if (context.method !== 'keyboard-interactive') {
    context.reject(['keyboard-interactive']);
    return;
  }
  context.prompt([], 'Approval', `Tap the notification on your phone, or open ${address} now.`, wait);
};

describe.each([
  ['a banner', byBanner],
  ['an instruction without a field', byInstruction],
])('a server that calls its user by %s', (_name, call) => {
  it('is shown at once, outlives auth-timeout, and goes on by itself', async () => {
    const { rig, server, approve } = await scene(call, 'auth-timeout = "3s"');
    await rig.up('db');
    const prompt = await rig.prompted((each) => each.elsewhere !== null, 'the call');
    expect(prompt).toMatchObject({ kind: 'confirm', tunnels: ['db'], hop: 'box', fields: [], addresses: [address] });
    expect(prompt.message).toMatch(/^box waits for you: /);
    expect(prompt.message).toContain(address);
    expect((await rig.status('db')).state).toEqual({ kind: 'interactive', promptId: prompt.id });

    const [row] = await rig.holdfast.status('db');
    expect(row).toMatchObject({
      state: 'interactive',
      cause: { code: 'login-elsewhere', where: 'box', message: prompt.message },
    });
    const shown = await rig.holdfast.run(['status']);
    expect(shown.stdout).toContain('box waits for you:');
    expect(shown.stdout).toMatch(new RegExp(`^ *${address}$`, 'm'));
    expect(shown.stdout).not.toContain('\u001b[2J');
    // Without a person at a terminal: said, and 5.
    const waited = await rig.holdfast.run(['up', 'db', '--wait']);
    expect(waited.code).toBe(5);
    expect(waited.stderr).toContain(address);

    // Longer than auth-timeout, and still the first connection.
    const since = performance.now();
    await until(() => performance.now() - since > 5000, { what: 'auth-timeout to be over', timeoutMs: 20_000 });
    expect((await rig.status('db')).state).toEqual({ kind: 'interactive', promptId: prompt.id });
    approve();
    await rig.reach('db', (now) => now.state.kind === 'running', 'to run');
    expect(await rig.client.call('prompts', {})).toEqual([]);
    expect(server.connections()).toBe(1);
  });

  it('and is denied there, hangs up, or is given up here: nobody is called again until a person asks', async () => {
    const { rig, server, deny } = await scene(call);
    const ends: [string, (id: string) => Promise<void> | void][] = [
      ['denied', () => deny()],
      ['hung up', () => server.clients().forEach((client) => client.end())],
      ['given up', (id) => rig.answer(id, 'no')],
    ];
    for (const [at, [what, end]] of ends.entries()) {
      await rig.up('db');
      const prompt = await rig.prompted((each) => each.elsewhere !== null, 'the call');
      await end(prompt.id);
      const row = await rig.reach(
        'db',
        (now) => now.state.kind !== 'interactive' && now.state.kind !== 'starting',
        what,
      );
      expect(row.state.kind, what).toBe('dead');
      expect(await rig.client.call('prompts', {})).toEqual([]);
      expect(server.connections(), what).toBe(at + 1);
    }
  });
});

describe('up --wait on a terminal', () => {
  it('prints what the server says, cleaned, with the address alone on its line, and waits on', async () => {
    const { rig, approve } = await scene(byBanner);
    const seen = join(rig.holdfast.home, 'seen');
    const { configFile, env } = rig.holdfast;
    const ran = onTerminal([process.execPath, command, 'up', 'db', '--wait', '--config', configFile], env, [
      { see: `\\n  ${address}\\s`, touch: seen },
      { see: 'db is up' },
    ]);
    ran.catch(() => {});
    await until(() => existsSync(seen), { what: 'the address', timeoutMs: 30_000 });
    approve();
    const { code, screen } = await ran;
    expect(code).toBe(0);
    expect(screen).toContain('The login is finished elsewhere');
    expect(screen).not.toContain('\u001b[2J');
  });
});

describe.skipIf(!canUsePam())(
  `sshd, with a PAM module that waits for an approval (${whyNoPam() ?? 'real PAM'})`,
  () => {
    it('is waited for beyond auth-timeout, with one login, whatever sshd passes on of the words', async () => {
      const files = makeTempFolder('holdfast-approval-');
      own(files);
      const server = await startPamSshd({ approval: { text: `Approve at ${address}`, until: files.file('approved') } });
      own({ dispose: () => server.stop() });
      const rig = await TunnelRig.start(
        `[hosts.box]\naddress = "127.0.0.1"\nport = ${server.port}\nuser = "${server.user}"\nagent = false\nauth-timeout = "12s"\nknown-hosts = ["known_hosts"]\n` +
          tunnelTable('db', 'box', [toNothing], ['start = "manual"']),
        [server.knownHostsLine()],
      );
      await rig.up('db');
      const prompt = await rig.prompted((each) => each.elsewhere !== null, 'the call');
      const since = performance.now();
      await until(() => performance.now() - since > 4000, { what: 'auth-timeout to be over', timeoutMs: 20_000 });
      expect((await rig.status('db')).state).toEqual({ kind: 'interactive', promptId: prompt.id });
      writeFileSync(files.file('approved'), '');
      // sshd waits as long again before it says yes.
      await rig.reach('db', (now) => now.state.kind === 'running', 'to run', 90_000);
      expect(server.log().match(/Connection from/g) ?? ['one']).toHaveLength(1);
    });
  },
);

describe('what is no call', () => {
  it('a greeting before a login by questions: nobody is shown anything but the question', async () => {
    const { rig, server } = await scene((context, tools) => {
      if (context.method !== 'keyboard-interactive') {
        tools.banner('Authorised use only. See https://example.org/rules');
        context.reject(['keyboard-interactive']);
        return;
      }
      context.prompt([{ prompt: 'Code: ', echo: false }], '', '', () => context.accept());
    });
    const seen: string[] = [];
    await rig.client.call('subscribe', { tunnels: false, prompts: true, log: false, logTunnel: null });
    rig.client.onDidEvent((event) => {
      if (event.kind === 'prompt-opened') seen.push(event.prompt.kind);
    });
    await rig.up('db');
    const prompt = await rig.prompted(() => true, 'of the server');
    await rig.answer(prompt.id, { value: '123456' });
    await rig.reach('db', (now) => now.state.kind === 'running', 'to run');
    expect(seen).toEqual(['otp']);
    expect(server.connections()).toBe(1);
  });
});

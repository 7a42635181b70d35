import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canUsePam, startPamSshd, type TestPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { freePort } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { chromium, servePanel, usePanelBrowser } from './panel-scene.ts';
import { echo, EchoClient, holdfast, hostTable, listenOf, own, sshd, trusting, tunnelTable } from './scene.ts';

/** Questions, editor and known hosts in real Chromium, on the real engine and real servers: what needs the engine's word. */

usePanelBrowser();

const anyPort = 'local 127.0.0.1:0 ->';

describe.skipIf(chromium === null || !canUsePam())(`a login with a code (${whyNoPam() ?? 'real PAM'})`, () => {
  async function pam(): Promise<TestPamSshd> {
    const server = await startPamSshd({
      authenticationMethods: 'publickey,keyboard-interactive',
      message: 'Two factors\n',
    });
    own({ dispose: () => server.stop() });
    return server;
  }

  it('says that the key was accepted, and stays open for other tunnels as long as was told', async () => {
    const [server, target] = [await pam(), await echo()];
    const to = `${anyPort} 127.0.0.1:${target.port}`;
    // Without a word of the person a login ends with its last tunnel.
    const settings = '[settings]\npool-idle = "0s"\n';
    const hf = await trusting(
      server,
      settings + tunnelTable('one', 'box', 'manual', to) + tunnelTable('two', 'box', 'manual', to),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('one').click();
    const question = panel.dialog('box asks for a code');
    await question.waitFor();
    await question.root.getByText('Your key was accepted; this is the second step.', { exact: false }).waitFor();
    // The server's words are there once: what it asks for is the label.
    const said = await question.root.getByRole('group', { name: 'The server says' }).textContent();
    expect(said?.trim()).toBe('Two factors');
    const code = question.root.getByRole('textbox').or(question.root.locator('input[type=password]'));
    await code.fill(server.nextCode());
    await question.leaveBy(() => code.press('Enter', { timeout: 1000 }));
    await panel.shows('one', 'Running');
    await panel.switchOf('one').click();
    await panel.shows('one', 'Stopped');
    await panel.switchOf('two').click();
    await panel.shows('two', 'Running');
    await EchoClient.open(await listenOf(hf, 'two'));
    await panel.noDialog();
  });

  it('ends with its last tunnel where that was unticked', async () => {
    const [server, target] = [await pam(), await echo()];
    const settings = '[settings]\npool-idle = "0s"\n';
    const hf = await trusting(
      server,
      settings + tunnelTable('one', 'box', 'manual', `${anyPort} 127.0.0.1:${target.port}`),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('one').click();
    const question = panel.dialog('box asks for a code');
    await question.waitFor();
    await question.root.getByRole('checkbox', { name: 'Keep this login open for other tunnels for' }).uncheck();
    const code = question.root.getByRole('textbox').or(question.root.locator('input[type=password]'));
    await code.fill(server.nextCode());
    await question.leaveBy(() => code.press('Enter', { timeout: 1000 }));
    await panel.shows('one', 'Running');
    await panel.switchOf('one').click();
    await panel.shows('one', 'Stopped');
    await until(async () => (await hf.run(['connections', '--json'])).stdout.trim() === '[]', {
      what: 'the login to end',
    });
  });

  it('holds up no other tunnel, and its question goes when its tunnel is stopped', async () => {
    const [server, plain, target] = [await pam(), await sshd(), await echo()];
    const to = `${anyPort} 127.0.0.1:${target.port}`;
    const hf = await trusting(
      [server, plain],
      hostTable('box2', plain) + tunnelTable('coded', 'box', 'manual', to) + tunnelTable('plain', 'box2', 'manual', to),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('coded').click();
    const question = panel.dialog('box asks for a code');
    await question.waitFor();
    await hf.run(['up', 'plain']);
    await panel.shows('plain', 'Running');
    await EchoClient.open(await listenOf(hf, 'plain'));
    await question.waitFor();
    await hf.run(['down', 'coded']);
    await panel.noDialog();
    await panel.shows('coded', 'Stopped');
  });
});

describe.skipIf(chromium === null)('a key that was trusted here', () => {
  it('is told with its day, its line and the address when another one is shown', async () => {
    const [server, target] = await Promise.all([sshd({ freshHostKeys: true }), echo()]);
    const hf = await holdfast(
      hostTable('box', server) + tunnelTable('db', 'box', 'manual', `${anyPort} 127.0.0.1:${target.port}`),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('db').click();
    const question = panel.dialog('Is this really box?');
    await question.waitFor();
    await question.press('Trust and remember');
    await panel.shows('db', 'Running');
    await panel.switchOf('db').click();
    await panel.shows('db', 'Stopped');
    server.replaceHostKeys();
    await server.restart();
    await hf.run(['restart', 'db']);
    await panel.shows('db', 'Gave up');
    await panel.button('Review… (db)').click();
    const block = panel.dialog('box is not showing the key you trust');
    await block.waitFor();
    const day = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
    await block.root.getByText(`Trusted since ${day}, known_hosts line 1`).waitFor();
    expect(await block.root.getByText(`127.0.0.1:${server.port}`, { exact: true }).count()).toBe(1);
    await block.root.getByText(', as before').last().waitFor();
    expect(await panel.violations()).toEqual([]);
  });
});

describe.skipIf(chromium === null)('the form of a tunnel', () => {
  it('follows the file, says who stays connected, and names the tunnel that has a port', async () => {
    const [server, target, port] = await Promise.all([sshd(), echo(), freePort()]);
    const to = `127.0.0.1:${target.port}`;
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'login', `local ${port} -> ${to}`) +
        tunnelTable('web', 'box', 'manual', `${anyPort} ${to}`),
    );
    const panel = await servePanel(hf);
    await panel.shows('db', 'Running');
    const client = await EchoClient.open(`127.0.0.1:${port}`);
    await panel.go('#/edit/db');
    await panel.heading('Edit db').waitFor();
    await panel.field('Group').fill('mine');
    await panel.page.getByText('has 1 connection open. It stays open.', { exact: false }).waitFor();
    // Somebody else writes to the file meanwhile.
    const text = readFileSync(hf.configFile, 'utf8');
    await hf.configure(text.replace('[tunnels.db]', '[tunnels.db]\npark = "3s"'));
    await panel.page.getByText('The file was changed meanwhile. What you had not touched', { exact: false }).waitFor();
    expect(await panel.field('Programs wait for a lost link').inputValue()).toBe('3s');
    expect(await panel.field('Group').inputValue()).toBe('mine');
    await panel.button('Save').click();
    await panel.shows('db', 'Running');
    await client.exchange('still here\n');
    const written = readFileSync(hf.configFile, 'utf8');
    expect(written).toContain('park = "3s"');
    expect(written).toContain('group = "mine"');

    await panel.go('#/edit/web');
    await panel.heading('Edit web').waitFor();
    await panel.field('Forward 1: Port they connect to').fill(String(port));
    await panel.page.getByText('Taken by tunnel db', { exact: false }).waitFor();
    // The problem of the form is the problem that the command tells.
    await panel.field('Forward 1: Port they connect to').fill('99999');
    const problem = await panel.page
      .getByRole('group', { name: 'Forward 1' })
      .getByText(/65535|port/)
      .first()
      .textContent();
    const broken = join(hf.home, 'broken.toml');
    writeFileSync(broken, readFileSync(hf.configFile, 'utf8').replace('127.0.0.1:0 ->', '127.0.0.1:99999 ->'));
    const { code, stdout, stderr } = await hf.run(['check', broken]);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(problem ?? 'nothing said');
  });
});

describe.skipIf(chromium === null)('known hosts', () => {
  it('with a hashed name: found by the whole name, and forgotten', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'manual', `${anyPort} 127.0.0.1:1`));
    const file = join(hf.home, 'config', 'known_hosts');
    expect(spawnSync('ssh-keygen', ['-q', '-H', '-f', file]).status).toBe(0);
    const before = readFileSync(file, 'utf8');
    expect(before).not.toContain('127.0.0.1');
    const panel = await servePanel(hf);
    await panel.go('#/known-hosts');
    await panel.page.getByText('1 entry').waitFor();
    await panel.page.getByText('hashed name', { exact: true }).waitFor();
    const name = `[127.0.0.1]:${server.port}`;
    await panel.field('Find a host, key or file').fill(name);
    await panel.button(`Remove ${name}`).click();
    await panel.dialog(`Forget the keys of ${name}?`).press('Forget them');
    await panel.page.getByText('0 entries').waitFor();
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(readFileSync(`${file}.old`, 'utf8')).toBe(before);
  });
});

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/processes.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { chromium, servePanel, usePanelBrowser } from './panel-scene.ts';
import { echo, EchoClient, holdfast, hostTable, own, sshd, trust, trusting, tunnelTable } from './scene.ts';

/** The window as it ships, in real Chromium, on the real engine and real servers: what a person does with tunnels. */

usePanelBrowser();

const otherFingerprint = 'SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM';

/** The server's key as it is written, without the comment of its file. */
function lineOf(server: TestSshd): string {
  return server.knownHostsLine().split(' ').slice(0, 3).join(' ');
}

describe.skipIf(chromium === null)('the first tunnel', () => {
  it('comes from a pasted ssh command, asks about the key, and carries bytes', async () => {
    const [server, target, port, hf] = await Promise.all([sshd(), echo(), freePort(), holdfast('')]);
    rmSync(hf.configFile);
    const panel = await servePanel(hf);
    const { page } = panel;
    await panel.heading('No tunnels yet').waitFor();
    expect(await panel.violations()).toEqual([]);
    const command = `ssh -i ${server.clientKey} -p ${server.port} -L ${port}:127.0.0.1:${target.port} ${server.user}@127.0.0.1`;
    await panel.field('ssh command').fill(command);
    await panel.button('Continue').click();
    await page.getByText('Filled in from the command.').waitFor();
    await panel.field('Name').fill('first');
    expect(existsSync(hf.configFile)).toBe(false);
    await panel.button('Save').click();

    const question = panel.dialog('Is this really 127.0.0.1?');
    await question.waitFor();
    const written = readFileSync(hf.configFile, 'utf8');
    expect(written).toContain('[tunnels.first]');
    expect(written).toContain(`local ${port} -> 127.0.0.1:${target.port}`);
    const given = question.field('Fingerprint you were given');
    await given.fill(otherFingerprint);
    await question.root.getByText('Not the same. Do not connect.').waitFor();
    expect(await question.button('Trust and remember').isDisabled()).toBe(true);
    expect(await panel.violations()).toEqual([]);
    await given.fill(server.fingerprint());
    await question.root.getByText('The same. This is the server you were told about.').waitFor();
    await question.press('Trust and remember');
    await panel.shows('first', 'Running');
    expect(readFileSync(join(hf.home, '.ssh', 'known_hosts'), 'utf8')).toContain(lineOf(server));
    await EchoClient.open(`127.0.0.1:${port}`);
    expect(await hf.status('first')).toMatchObject([{ state: 'running' }]);
  });

  it('or from the form, and is switched on and off by its switch', async () => {
    const [server, target, port] = await Promise.all([sshd(), echo(), freePort()]);
    const hf = await trusting(server, '# kept\n');
    const panel = await servePanel(hf);
    await panel.button('New tunnel').click();
    await panel.field('Name').fill('db');
    await panel.field('Group').fill('work');
    await panel.field('Forward 1: Port they connect to').fill(String(port));
    await panel.field('Forward 1: Address they reach').fill('127.0.0.1');
    await panel.field('Forward 1: Port they reach').fill(String(target.port));
    await panel.field('Starts').selectOption({ label: 'when I switch it on' });
    expect(await panel.violations()).toEqual([]);
    await panel.button('Test before saving').click();
    await panel.page.getByText('All of it works.').waitFor();
    await panel.button('Save').click();
    await panel.shows('db', 'Stopped');
    const written = readFileSync(hf.configFile, 'utf8');
    expect(written).toContain('# kept');
    expect(written).toContain('[tunnels.db]');

    await panel.switchOf('db').click();
    await panel.shows('db', 'Running');
    const client = await EchoClient.open(`127.0.0.1:${port}`);
    await panel.page.getByRole('table', { name: 'In use by' }).waitFor();
    expect(await panel.switchOf('db').getAttribute('aria-checked')).toBe('true');
    // Somebody is connected: the switch asks first, and Esc keeps it up.
    await panel.switchOf('db').click();
    const warning = panel.dialog('db is in use');
    await warning.waitFor();
    expect(await panel.violations()).toEqual([]);
    await panel.page.keyboard.press('Escape');
    await panel.noDialog();
    await client.exchange('still here\n');
    await panel.switchOf('db').click();
    await warning.press('Stop');
    await panel.shows('db', 'Stopped');
    await client.closed();
  });
});

describe.skipIf(chromium === null || !canUsePam())(`a one-time code (${whyNoPam() ?? 'real PAM'})`, () => {
  it('is asked for in the page, and again when it was wrong', async () => {
    const target = await echo();
    const server = await startPamSshd({ authenticationMethods: 'keyboard-interactive', message: 'Two factors\n' });
    own({ dispose: () => server.stop() });
    const hf = await trusting(
      server,
      tunnelTable('bank', 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('bank').click();
    const question = panel.dialog('box asks for a code');
    await question.waitFor();
    await panel.shows('bank', 'Needs you');
    expect(await question.root.getByRole('group', { name: 'The server says' }).textContent()).toContain('Two factors');
    expect(await panel.violations()).toEqual([]);
    const code = question.root.getByRole('textbox').or(question.root.locator('input[type=password]'));
    await code.fill(server.wrongCode());
    await question.button('Sign in').click();
    await question.root
      .getByText('box did not take that code. 2 tries left; then Holdfast stops, to save you a lock-out.')
      .waitFor();
    await question.waitFor();
    await code.fill(server.nextCode());
    await question.leaveBy(() => code.press('Enter', { timeout: 1000 }));
    await panel.shows('bank', 'Running');
    const listen = (await hf.status('bank'))[0]?.forwards[0]?.listen ?? '';
    await EchoClient.open(listen);
    // The path names the port that the system chose.
    await panel.page.getByRole('region', { name: 'Path' }).getByText(listen).waitFor();
  });
});

describe.skipIf(chromium === null)('a running tunnel', () => {
  it('says why it is down and that it is back: row, strip and activity', async () => {
    const [server, target] = await Promise.all([sshd(), echo()]);
    const proxy = own(await startFaultProxy(server.port));
    // By itself it would come back in its own time: here it comes by the button.
    const hf = await holdfast(
      '[settings]\nbackoff-first = "1h"\nbackoff-cap = "1h"\n' +
        hostTable('box', server, '', proxy.port) +
        tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    trust(hf, { ...server, knownHostsLine: () => server.knownHostsLine(undefined, `[127.0.0.1]:${proxy.port}`) });
    const panel = await servePanel(hf);
    await panel.shows('db', 'Running');
    await proxy.refuse();
    proxy.reset();
    await panel.shows('db', 'Retrying');
    await panel
      .rowItem('db')
      .getByText(/refuses the connection|closed|reset|ended/)
      .waitFor();
    await panel.row('db').click();
    await panel.button('Try now').waitFor();
    expect(await panel.violations()).toEqual([]);
    await proxy.reopen();
    await panel.button('Try now').click();
    await panel.shows('db', 'Running');
    const strip = panel.page.getByRole('region', { name: 'Last 24 hours' });
    await strip.getByRole('img', { name: /1 drop$/ }).waitFor();
    await strip.getByText(/^back after /).waitFor();
    await panel.section('Activity');
    await panel.heading('Activity').waitFor();
    await panel.page
      .getByText(/^back after /)
      .first()
      .waitFor();
    await panel.page.getByText('Up again').first().waitFor();
    expect(await panel.violations()).toEqual([]);
  });

  it('keeps the clients of a forward while another one is changed', async () => {
    const [server, target, port, changed] = await Promise.all([sshd(), echo(), freePort(), freePort()]);
    const hf = await trusting(
      server,
      tunnelTable(
        'db',
        'box',
        'login',
        `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
        `local ${port} -> 127.0.0.1:${target.port}`,
      ),
    );
    const panel = await servePanel(hf);
    await panel.shows('db', 'Running');
    const kept = await EchoClient.open((await hf.status('db'))[0]?.forwards[0]?.listen ?? '');
    const ended = await EchoClient.open(`127.0.0.1:${port}`);
    await panel.row('db').click();
    await panel.button('Edit').click();
    await panel.heading('Edit db').waitFor();
    await panel.field('Forward 2: Port they connect to').fill(String(changed));
    await panel.page.getByText(`1 connection to localhost:${port} open.`, { exact: false }).waitFor();
    expect(await panel.violations()).toEqual([]);
    await panel.button('Save and end them').click();
    await panel.shows('db', 'Running');
    await EchoClient.open(`127.0.0.1:${changed}`);
    await ended.closed();
    await kept.exchange('untouched\n');
    expect((await hf.status('db'))[0]?.reconnects).toBe(0);
  });

  it('is blocked by a changed key until the right fingerprint comes from outside', async () => {
    const [server, target] = await Promise.all([sshd({ freshHostKeys: true }), echo()]);
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    const before = readFileSync(join(hf.home, 'config', 'known_hosts'), 'utf8');
    server.replaceHostKeys();
    await server.restart();
    const panel = await servePanel(hf);
    await panel.switchOf('db').click();
    await panel.shows('db', 'Gave up');
    await panel.button('Review… (db)').click();
    const block = panel.dialog('box is not showing the key you trust');
    await block.waitFor();
    expect(await block.button('Keep refusing').evaluate((button) => button === document.activeElement)).toBe(true);
    const given = block.field('To replace the key, paste the new fingerprint from the server’s owner');
    await given.fill(otherFingerprint);
    await block.root.getByText('Not the same. Keep refusing.').waitFor();
    expect(await block.button('Replace key and connect').isDisabled()).toBe(true);
    expect(await panel.violations()).toEqual([]);
    await block.press('Keep refusing');
    expect(readFileSync(join(hf.home, 'config', 'known_hosts'), 'utf8')).toBe(before);

    await panel.button('Review… (db)').click();
    await block.waitFor();
    await given.fill(server.fingerprint());
    await block.press('Replace key and connect');
    await panel.shows('db', 'Running');
    expect(readFileSync(join(hf.home, 'config', 'known_hosts.old'), 'utf8')).toBe(before);
    const line = readFileSync(join(hf.home, 'config', 'known_hosts'), 'utf8');
    expect(line).toContain(lineOf(server));
    expect(line).not.toContain(before.trim());
  });
});

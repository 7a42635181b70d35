import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/processes.ts';
import { freshLink } from '../support/panel-page.ts';
import { until } from '../support/until.ts';
import { chromium, openBeside, runningPanel, servePanel, usePanelBrowser } from './panel-scene.ts';
import { echo, EchoClient, holdfast, hostTable, listenOf, sshd, trusting, tunnelTable } from './scene.ts';

/** The window as it ships, in real Chromium, on the real engine and real servers: finding one's way, pages, keyboard, several pages at once. */

usePanelBrowser();

/** Tunnels that are off, to an echo on the sshd's machine. */
function offTunnels(names: readonly string[], port: number): string {
  return names.map((name) => tunnelTable(name, 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${port}`)).join('');
}

describe.skipIf(chromium === null)('finding one’s way', () => {
  it('narrows the list to what is searched for', async () => {
    const hf = await trusting(await sshd(), offTunnels(['postgres', 'redis', 'web'], 1));
    const panel = await servePanel(hf);
    await panel.row('web').waitFor();
    const find = panel.field('Find a tunnel, or paste an ssh command');
    await find.fill('red');
    await until(async () => (await panel.rows.count()) === 1, { what: 'one row to stay' });
    await panel.row('redis').waitFor();
    await find.fill('zzz');
    await panel.page.getByText('No tunnel is called anything like “zzz”.').waitFor();
    expect(await panel.violations()).toEqual([]);
    await panel.button('Show all').click();
    await until(async () => (await panel.rows.count()) === 3, { what: 'all rows to come back' });
    await find.fill('ssh -L 8080:web:80 edge');
    await panel.page.getByText('Enter makes a tunnel of this command.').waitFor();
    await find.press('Enter');
    await panel.page.getByText('Filled in from the command.').waitFor();
  });

  it('works by the keyboard alone: rows, switch, find, new, back', async () => {
    const [server, target] = await Promise.all([sshd(), echo()]);
    const hf = await trusting(server, offTunnels(['one', 'three', 'two'], target.port));
    const panel = await servePanel(hf);
    const { keyboard } = panel.page;
    const focused = (): Promise<string> =>
      panel.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    await panel.row('one').waitFor();
    // From the top of the page, Tab alone reaches the list.
    await until(
      async () => {
        await keyboard.press('Tab');
        return (await focused()).startsWith('one, ');
      },
      { what: 'Tab to reach the list', seen: focused },
    );
    await keyboard.press('ArrowDown');
    await panel.heading('three').waitFor();
    expect(await focused()).toBe('three, Stopped');
    await keyboard.press('End');
    await panel.heading('two').waitFor();
    await keyboard.press('Home');
    await panel.heading('one').waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Space');
    await panel.shows('three', 'Running');
    expect(await panel.switchOf('three').getAttribute('aria-checked')).toBe('true');
    await EchoClient.open(await listenOf(hf, 'three'));

    await keyboard.press('Control+k');
    expect(await focused()).toBe('Find a tunnel, or paste an ssh command');
    await keyboard.type('two');
    await keyboard.press('Enter');
    await panel.heading('two').waitFor();
    expect(await focused()).toBe('two, Stopped');
    await keyboard.press('Control+k');
    await keyboard.press('Escape');
    await until(async () => (await panel.rows.count()) === 3, { what: 'Esc to show all again' });
    await keyboard.press('Escape');
    await until(async () => (await focused()) === 'two, Stopped', { what: 'Esc to lead back to the row' });

    await keyboard.press('n');
    await panel.heading('New tunnel').waitFor();
    await panel.page.goBack();
    await panel.heading('two').waitFor();
    await panel.row('one').focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('l');
    await panel.page.getByRole('log').waitFor();
    await keyboard.press('Escape');
    await panel.page.getByRole('table', { name: 'Forwards' }).waitFor();
    await keyboard.press(',');
    await panel.heading('Settings').waitFor();
    await keyboard.press('Escape');
    await panel.row('three').waitFor();
  });

  it('lists 500 tunnels, lays out what is seen, and reaches the last', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `tunnel-${String(index).padStart(3, '0')}`);
    const hf = await trusting(await sshd(), offTunnels(names, 1));
    const panel = await servePanel(hf);
    await panel.row('tunnel-000').waitFor();
    const marks = panel.rows.getByRole('switch', { includeHidden: true });
    expect(await marks.count()).toBe(500);
    const laidOut = (): Promise<number> =>
      marks.evaluateAll((all) => all.filter((item) => item.checkVisibility({ contentVisibilityAuto: true })).length);
    expect(await laidOut()).toBeLessThan(100);
    await panel.row('tunnel-000').focus();
    await panel.page.keyboard.press('End');
    await panel.heading('tunnel-499').waitFor();
    const box = await panel.rowItem('tunnel-499').boundingBox();
    expect(box?.y).toBeGreaterThan(0);
    expect(box?.y).toBeLessThan(780);
    expect(await laidOut()).toBeLessThan(150);
    await panel.page.keyboard.press('Control+k');
    await panel.page.keyboard.type('tunnel-123');
    await until(async () => (await panel.rows.count()) === 1, { what: 'the search to leave one row' });
  });
});

describe.skipIf(chromium === null)('the pages', () => {
  it('logins: shows who uses one, and closes it after a yes', async () => {
    const { hf, panel, server } = await runningPanel();
    const client = await EchoClient.open(await listenOf(hf, 'db'));
    await panel.section('Logins');
    const login = `${server.user}@box`;
    await panel.page.getByRole('table', { name: 'Logins' }).getByText('direct').waitFor();
    expect(await panel.violations()).toEqual([]);
    const close = panel.button(`Close ${login}`);
    await close.click();
    const warning = panel.dialog(`Close the login ${login}?`);
    await warning.waitFor();
    expect(await panel.violations()).toEqual([]);
    await warning.press('Keep it open');
    await client.exchange('kept\n');
    await close.click();
    await warning.press('Close');
    // The tunnel is on, so it logs in anew.
    await client.closed();
    await panel.section('Tunnels');
    await panel.shows('db', 'Running');
    await EchoClient.open(await listenOf(hf, 'db'));
  });

  it('known hosts: finds one and forgets it after a yes, with the file as it was beside it', async () => {
    const [server, other] = await Promise.all([sshd(), sshd()]);
    const hf = await trusting([server, other], offTunnels(['db'], 1));
    const file = join(hf.home, 'config', 'known_hosts');
    const before = readFileSync(file, 'utf8');
    const panel = await servePanel(hf);
    await panel.go('#/known-hosts');
    await panel.page.getByText('2 entries').waitFor();
    expect(await panel.violations()).toEqual([]);
    const name = `[127.0.0.1]:${other.port}`;
    await panel.field('Find a host, key or file').fill(String(other.port));
    await panel.page.getByText('1 entry').waitFor();
    await panel.button(`Remove ${name}`).click();
    const question = panel.dialog(`Forget the keys of ${name}?`);
    await question.waitFor();
    expect(await panel.violations()).toEqual([]);
    await panel.page.keyboard.press('Escape');
    await panel.noDialog();
    expect(readFileSync(file, 'utf8')).toBe(before);
    await panel.button(`Remove ${name}`).click();
    await question.press('Forget them');
    await panel.page.getByText('0 entries').waitFor();
    expect(readFileSync(file, 'utf8')).toBe(`${server.knownHostsLine()}\n`);
    expect(readFileSync(`${file}.old`, 'utf8')).toBe(before);
  });

  it('settings: a change writes its key, the default takes it out again, comments stay', async () => {
    const hf = await trusting(await sshd(), `# my own words\n${offTunnels(['db'], 1)}`);
    const before = readFileSync(hf.configFile, 'utf8');
    const panel = await servePanel(hf);
    await panel.button('Settings').click();
    await panel.heading('Settings').waitFor();
    expect(await panel.violations()).toEqual([]);
    const idle = panel.field('An unused login stays open for');
    await idle.fill('10m');
    await idle.press('Enter');
    await until(() => /\[settings\]\s+pool-idle = "10m"/.test(readFileSync(hf.configFile, 'utf8')), {
      what: 'the key to be in the file',
      seen: () => readFileSync(hf.configFile, 'utf8'),
    });
    expect(readFileSync(hf.configFile, 'utf8')).toContain('# my own words');
    expect((await hf.run(['check'])).code).toBe(0);
    await idle.fill('nonsense');
    await idle.press('Enter');
    await panel.page
      .getByText(/expected/)
      .first()
      .waitFor();
    expect(readFileSync(hf.configFile, 'utf8')).toContain('pool-idle = "10m"');
    await idle.fill('');
    await idle.press('Enter');
    await until(() => !readFileSync(hf.configFile, 'utf8').includes('pool-idle'), { what: 'the key to go' });
    expect(readFileSync(hf.configFile, 'utf8')).toContain(before.trim());
  });

  it('the others: no fault of access in either theme', async () => {
    const hf = await trusting(await sshd(), offTunnels(['db'], 1));
    const panel = await servePanel(hf);
    await panel.shows('db', 'Stopped');
    for (const [hash, heading] of [
      ['#/tunnels/db', 'db'],
      ['#/tunnels/db/log', 'db'],
      ['#/tunnels/db/settings', 'db'],
      ['#/edit/host:box', 'Edit host box'],
      ['#/credentials', 'Credentials'],
      ['#/about', 'About Holdfast'],
      ['#/first-run', 'No tunnels yet'],
    ] as const) {
      await panel.go(hash);
      await panel.heading(heading).waitFor();
      expect([hash, await panel.violations()]).toEqual([hash, []]);
    }
  });
});

describe.skipIf(chromium === null)('several pages', () => {
  it('an answer in one closes the question in the other', async () => {
    const [server, target] = await Promise.all([sshd(), echo()]);
    const hf = await holdfast(hostTable('box', server) + offTunnels(['db'], target.port));
    const panel = await servePanel(hf);
    await panel.shows('db', 'Stopped');
    const beside = await openBeside(panel, await freshLink(hf));
    await beside.shows('db', 'Stopped');
    await panel.switchOf('db').click();
    const here = panel.dialog('Is this really box?');
    await here.waitFor();
    // Nobody acted in the other page: it says so in the row and waits to be asked.
    await beside.shows('db', 'Needs you');
    await beside.button('Review… (db)').click();
    const there = beside.dialog('Is this really box?');
    await there.waitFor();
    await there.press('Trust this time');
    await panel.noDialog();
    await panel.shows('db', 'Running');
    await beside.shows('db', 'Running');
    expect(existsSync(join(hf.home, 'config', 'known_hosts'))).toBe(false);
  });

  it('says that the engine is gone, and that it has ended when another one answers; a fresh link shows that one', async () => {
    const port = await freePort();
    const hf = await trusting(await sshd(), offTunnels(['db'], 1));
    const panel = await servePanel(hf, ['--panel-port', String(port)]);
    await panel.shows('db', 'Stopped');
    // The browser itself tells of each try to reach it again.
    panel.expectComplaints(/WebSocket connection to .* failed/);
    await hf.end('SIGTERM');
    await panel.page.getByText('Holdfast does not answer.', { exact: false }).first().waitFor();
    expect(await panel.violations()).toEqual([]);
    await hf.configure(readFileSync(hf.configFile, 'utf8') + offTunnels(['new'], 1));
    await hf.serve(['--panel', '--panel-port', String(port)]);
    const beside = await openBeside(panel, await freshLink(hf));
    await beside.shows('new', 'Stopped');
    await panel.heading('This page has ended').waitFor();
    expect(await panel.rows.count()).toBe(0);
  });
});

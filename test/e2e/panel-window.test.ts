import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEcho } from '../support/lines-server.ts';
import { freePort } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { chromium, runningPanel, servePanel, usePanelBrowser } from './panel-scene.ts';
import { echo, EchoClient, holdfast, hostTable, listenOf, own, sshd, trust, trusting, tunnelTable } from './scene.ts';

/** What the window says of tunnels, on the real engine: names, production, who uses what, the path, faults and their steps. */

usePanelBrowser();

/** A file of the history in the profile's state folder, null if there is none yet. */
function historyOf(home: string, name: string): string | null {
  const profiles = join(home, 'state', 'holdfast');
  for (const profile of readdirSync(profiles)) {
    const file = join(profiles, profile, 'history', name);
    if (existsSync(file)) return file;
  }
  return null;
}

describe.skipIf(chromium === null)('a tunnel in the window', () => {
  it('is renamed in its row: the file keeps its comments, the tunnel its past, and it runs on', async () => {
    const [server, target] = await Promise.all([sshd(), echo()]);
    const table = tunnelTable('db', 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`);
    const other = tunnelTable('web', 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`);
    const hf = await trusting(server, `# the store\n${table}# the site\n${other}`);
    const panel = await servePanel(hf);
    const { keyboard } = panel.page;
    await panel.switchOf('db').click();
    await panel.shows('db', 'Running');
    await panel.row('db').focus();
    await keyboard.press('F2');
    const field = panel.field('New name of db');
    await field.waitFor();
    await field.fill('web');
    await keyboard.press('Enter');
    await panel.rowItem('web').first().waitFor();
    await panel.page.getByText('There is already a tunnel named "web".').waitFor();
    expect(await panel.violations()).toEqual([]);
    await field.fill('-x');
    await keyboard.press('Enter');
    await panel.page.getByText(/a name has 1 to 64 letters/).waitFor();
    await field.fill('store');
    await keyboard.press('Enter');
    await panel.shows('store', 'Running');
    expect(readFileSync(hf.configFile, 'utf8')).toContain('# the store\n[tunnels.store]\n');
    expect(await panel.rows.count()).toBe(2);
    await until(() => panel.row('store').evaluate((row) => row === document.activeElement), {
      what: 'the focus on the renamed row',
    });
    await panel.section('Activity');
    await panel.page.getByRole('button', { name: 'store', exact: true }).first().waitFor();
    expect(await panel.page.getByText('db', { exact: true }).count()).toBe(0);

    // Somebody is connected: a new name would cut them off.
    await panel.section('Tunnels');
    const client = await EchoClient.open(await listenOf(hf, 'store'));
    await panel.row('store').focus();
    await keyboard.press('F2');
    await panel.field('New name of store').fill('db');
    await keyboard.press('Enter');
    const warning = panel.dialog('store is in use');
    await warning.waitFor();
    expect(await panel.violations()).toEqual([]);
    await client.exchange('still here\n');
    await warning.press('Rename and close them');
    await panel.shows('db', 'Running');
    await client.closed();
  });

  it('is marked as production, and then not stopped without a question', async () => {
    const { hf, panel } = await runningPanel();
    const before = (await hf.status('db'))[0]?.reconnects;
    await panel.button('More actions').click();
    await panel.page.getByRole('menuitem', { name: 'Mark as production' }).click();
    await panel.rowItem('db').getByText('prod', { exact: true }).waitFor();
    expect(readFileSync(hf.configFile, 'utf8')).toContain('production = true');
    // The mark is no reason to connect anew.
    expect(await hf.status('db')).toMatchObject([{ state: 'running', reconnects: before }]);
    expect((await hf.run(['show', 'db'])).stdout).toContain('production');
    await panel.switchOf('db').click();
    const question = panel.dialog('db is production');
    await question.waitFor();
    expect(await panel.violations()).toEqual([]);
    await question.press('Keep it up');
    await panel.shows('db', 'Running');
    expect((await hf.run(['edit', 'set', 'tunnels.db.production=false'])).code).toBe(0);
    await panel.rowItem('db').getByText('prod', { exact: true }).waitFor({ state: 'detached' });
    await panel.switchOf('db').click();
    await panel.shows('db', 'Stopped');
  });

  it('shows what each program moves, connection by connection, and the logins it goes over', async () => {
    const [outer, inner, target] = await Promise.all([
      sshd({ freshHostKeys: true }),
      sshd({ freshHostKeys: true }),
      echo(),
    ]);
    const forward = `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`;
    const hf = await holdfast(
      hostTable('gate', outer) +
        hostTable('box', inner, 'jump = ["gate"]') +
        `${tunnelTable('db', 'box', 'login', forward)}probe = "target"\n`,
    );
    trust(hf, outer, inner);
    const panel = await servePanel(hf);
    await panel.shows('db', 'Running');

    const path = panel.page.getByRole('region', { name: 'Path' });
    await path.getByRole('listitem').nth(3).waitFor();
    expect(await path.getByRole('listitem').count()).toBe(4);
    // From here to the gate, on to the box, on to the target: each leg has its time once it was measured.
    await until(async () => (await path.getByText(/^[\d.]+ ms$/).count()) === 3, { what: 'the time of three legs' });

    const listen = await listenOf(hf, 'db');
    const [one, two] = [await EchoClient.open(listen), await EchoClient.open(listen)];
    const users = panel.page.getByRole('table', { name: 'In use by' });
    const program = users.getByRole('button', { expanded: false });
    await users.getByText(/^2 connections to /).waitFor();
    await program.click();
    await users
      .getByText(/ received, .* sent$/)
      .nth(1)
      .waitFor();
    expect(await users.getByText(/^open for /).count()).toBe(2);
    const flows = async () => {
      await one.exchange('x'.repeat(10_000));
      return users.getByText(/B\/s$/).first().isVisible();
    };
    await until(flows, { what: 'the rate of what flows' });
    expect(await panel.violations()).toEqual([]);

    const foot = panel.page.getByRole('contentinfo');
    await foot.getByRole('button', { name: '1 program on 2 logins' }).click();
    const logins = panel.page.getByRole('table', { name: 'Logins' });
    const gate = logins.getByRole('row').filter({ hasText: '@gate' });
    await gate.getByRole('button', { name: 'db', exact: true }).waitFor();
    await gate.getByText('when nobody uses it').waitFor();
    expect(await panel.violations()).toEqual([]);
    two.dispose();
  });
});

describe.skipIf(chromium === null)('a fault has the step that helps', () => {
  it('a port that is taken: the free one beside it is written and used', async () => {
    const [server, target, holder] = await Promise.all([sshd(), echo(), startEcho()]);
    own({ dispose: () => holder.stop() });
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'login', `local ${holder.port} -> 127.0.0.1:${target.port}`),
    );
    const panel = await servePanel(hf);
    await panel.heading(`Port ${holder.port} here is taken by node (pid ${process.pid})`).waitFor();
    const here = panel.page.getByRole('region', { name: 'Path' }).getByRole('listitem').first();
    await here.getByText(', not reached').waitFor({ state: 'attached' });
    expect(await panel.violations()).toEqual([]);
    await panel.button(/^Use \d+$/).click();
    await panel.shows('db', 'Running');
    const listen = await listenOf(hf, 'db');
    expect(readFileSync(hf.configFile, 'utf8')).toContain(`local ${listen.split(':').at(-1)} -> `);
    await EchoClient.open(listen);
  });

  it('a login that is refused: the field of the keys, where another one is given', async () => {
    const [server, target] = await Promise.all([sshd({ authorizedKeys: [] }), echo()]);
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'manual', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    const panel = await servePanel(hf);
    await panel.switchOf('db').click();
    await panel.shows('db', 'Gave up');
    await panel.heading(`box refused the login as ${server.user}`).waitFor();
    await panel.button('Try again').waitFor();
    expect(await panel.violations()).toEqual([]);
    await panel.button('Choose a key…').click();
    const keys = panel.field('Key files');
    await until(() => keys.evaluate((field) => field === document.activeElement), { what: 'the focus on the keys' });
    expect(await keys.inputValue()).toBe(server.clientKey);
  });

  it('a forward that sshd forbids: the lines that would allow it, and they do', async () => {
    const lines = ['PermitOpen 127.0.0.1:1'];
    const [server, target, port] = await Promise.all([sshd({ config: () => lines }), echo(), freePort()]);
    const hf = await trusting(
      server,
      `${tunnelTable('db', 'box', 'login', `local ${port} -> 127.0.0.1:${target.port}`)}probe = "target"\n`,
    );
    const panel = await servePanel(hf);
    await panel.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await panel.heading('box does not allow this forward').waitFor();
    await panel.button('Copy lines for the admin').click();
    const text = await panel.page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain(
      `Match User ${server.user}\n    AllowTcpForwarding local\n    PermitOpen 127.0.0.1:${target.port}\n`,
    );
    expect(await panel.violations()).toEqual([]);
    // What follows in the test's file is not meant for that user alone.
    lines.push(...text.split('\n'), 'Match all');
    await server.restart();
    await panel.shows('db', 'Running');
    await EchoClient.open(`127.0.0.1:${port}`);
  });
});

describe.skipIf(chromium === null)('a sleep of the computer', () => {
  it('stands in the last day and in the activity as what it was', async () => {
    const { hf, panel } = await runningPanel();
    // A machine cannot be put to sleep here: its rows are written as the engine writes them.
    const hour = 3_600_000;
    const row = (agoMs: number, tunnel: string, what: string, cause: unknown = null) =>
      `${JSON.stringify({ atMs: Date.now() - agoMs, tunnel, what, cause })}\n`;
    const silent = { code: 'link-dead', where: 'network', message: 'box has been silent for 5 s.', next: '' };
    const file = await until(() => historyOf(hf.home, 'tunnel-db.jsonl'), { what: 'the history of the tunnel' });
    writeFileSync(join(dirname(file), 'tunnel-.jsonl'), row(3 * hour, '', 'asleep') + row(hour, '', 'awake'), {
      mode: 0o600,
    });
    writeFileSync(
      file,
      row(5 * hour, 'db', 'up') + row(hour - 4000, 'db', 'lost', silent) + row(hour - 9000, 'db', 'healed', silent),
    );
    await panel.page.reload();
    await panel.shows('db', 'Running');
    const strip = panel.page.getByRole('region', { name: 'Last 24 hours' });
    await strip.getByText('This computer woke from sleep').waitFor();
    await strip.getByTitle(/^This computer slept, /).waitFor();
    await strip.getByText('back after 5 s').waitFor();
    await panel.section('Activity');
    await panel.page.getByText('slept for 2 h').waitFor();
    expect(await panel.violations()).toEqual([]);
  });
});

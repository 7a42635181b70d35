import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthContext } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { startLoginServer } from '../support/login-server.ts';
import { chromium, servePanel, usePanelBrowser } from './panel-scene.ts';
import { holdfast, own, tunnelTable } from './scene.ts';

/** A login that is finished elsewhere, in real Chromium on the real engine: row, detail and question. */

usePanelBrowser();

const address = 'https://login.example.org/headless/7f5e0a3c-9b1d-4c7e-a2f4-0d6b8e1c5a90';

describe.skipIf(chromium === null)('a login that is finished elsewhere', () => {
  it('stands in row, detail and question, with its address in full, until the server lets in', async () => {
    const waiting: AuthContext[] = [];
    const server = await startLoginServer((context) => {
      if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive']);
      else
        context.prompt([], 'Approval', `Open this page and approve:\n${address}`, () => {
          waiting.push(context);
        });
    });
    own({ dispose: () => server.stop() });
    const hf = await holdfast(
      `[hosts.box]\naddress = "127.0.0.1"\nport = ${server.port}\nuser = "me"\nagent = false\nknown-hosts = ["known_hosts"]\n` +
        tunnelTable('db', 'box', 'manual', 'local 127.0.0.1:0 -> 127.0.0.1:9'),
    );
    writeFileSync(join(hf.home, 'config', 'known_hosts'), `${server.knownHostsLine}\n`, { mode: 0o600 });
    const panel = await servePanel(hf);
    // Started by somebody else: the question does not come by itself.
    expect((await hf.run(['up', 'db'])).code).toBe(0);
    await panel.shows('db', 'Needs you');
    const line = `box waits for you: Approval Open this page and approve: ${address}`;
    await panel.rowItem('db').getByText(line).waitFor();
    await panel.row('db').click();
    await panel.page.getByRole('heading', { name: line }).waitFor();
    expect(await panel.violations()).toEqual([]);

    await panel.page.getByRole('button', { name: 'Show…' }).first().click();
    const question = panel.dialog('box waits for you');
    await question.waitFor();
    const link = question.root.getByRole('link', { name: address });
    expect(await link.getAttribute('href')).toBe(address);
    expect(await panel.violations()).toEqual([]);
    for (const context of waiting.splice(0)) context.accept();
    await panel.noDialog();
    await panel.shows('db', 'Running');
    expect(server.connections()).toBe(1);
  });
});

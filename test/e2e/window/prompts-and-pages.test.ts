import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ShellBridge } from '../../../src/shared/contract/shell-bridge.ts';
import { findChromium } from '../../support/chromium.ts';
import type { EditingFixture, EditingFixtureOptions } from '../../support/renderer/editing-fixture.ts';
import { BuiltPages, type OpenedPage } from '../../support/renderer/built-pages.ts';
import {
  codePrompt,
  elsewhereAddress,
  elsewherePrompt,
  promptOf,
  serverKey,
  signInOf,
} from '../../support/renderer/editing-prompts.ts';
import { tunnel } from '../../support/renderer/fixture-data.ts';

/**
 * Questions, editor and pages as they are built, in real Chromium under the strict policy, over a shell of data: looks are for the eye, but
 * behaviour, keyboard and access are for this.
 */

declare global {
  var fixture: EditingFixture;
}

const executable = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let pages: BuiltPages;

beforeAll(async () => {
  if (executable === null) {
    if (process.env['CI'] === 'true') throw new Error('no Chromium found: install it, or set HOLDFAST_CHROMIUM');
    return;
  }
  pages = await BuiltPages.start(executable);
});
afterAll(async () => {
  if (executable !== null) await pages.stop();
});

async function open(path: string, fixture: EditingFixtureOptions = {}, look = {}): Promise<OpenedPage> {
  const opened = await pages.open(path, fixture, look);
  onTestFinished(() => opened.context.close());
  return opened;
}

/** The question settles: input counts from now on. */
async function settled({ page }: OpenedPage): Promise<void> {
  await page.locator('h1:not(.vh)').last().waitFor();
  await page.locator('[data-held]').waitFor({ state: 'detached' });
}

function callsOf({ page }: OpenedPage, name: string): Promise<unknown[]> {
  return page.evaluate(
    (wanted) => globalThis.fixture.calls.filter((call) => call.name === wanted).map(({ input }) => input),
    name,
  );
}

async function violations({ page }: OpenedPage): Promise<string[]> {
  // The policy forbids inline scripts in the page; the debugger's evaluation is not bound by it.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const result = await tool.run();
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  });
}

describe.skipIf(executable === null)('questions', () => {
  it('trusts a host by the keyboard alone once the pasted fingerprint is equal', async () => {
    const opened = await open('prompts.html', { prompts: [promptOf()] }, { width: 542 });
    const { page } = opened;
    await page.getByRole('heading', { name: 'Is this really bastion?' }).waitFor();
    await settled(opened);
    await page.keyboard.press('Enter');
    expect(await callsOf(opened, 'answer')).toEqual([]);
    await page.keyboard.insertText(`256 ${serverKey} root@bastion (ED25519)`);
    await page.getByText('The same. This is the server you were told about.').waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => callsOf(opened, 'answer')).toEqual([{ id: '1', answer: { kind: 'yes' } }]);
    await expect.poll(() => callsOf(opened, 'desktop.prompts-done')).toEqual([{}]);
  });

  it('turns trust off for another fingerprint, and Esc refuses', async () => {
    const opened = await open('prompts.html', { prompts: [promptOf()] });
    const { page } = opened;
    await settled(opened);
    await page.getByLabel('Fingerprint you were given').fill('SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM');
    await page.getByText('Not the same. Do not connect.').waitFor();
    expect(await page.getByRole('button', { name: 'Trust and remember' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Trust this time' }).isDisabled()).toBe(true);
    await settled(opened);
    await page.keyboard.press('Escape');
    await expect.poll(() => callsOf(opened, 'answer')).toEqual([{ id: '1', answer: { kind: 'no' } }]);
  });

  it('takes nothing copied from the question itself for a proof, by its button or by selecting', async () => {
    const opened = await open('prompts.html', { prompts: [promptOf()] });
    const { page } = opened;
    const field = page.getByLabel('Fingerprint you were given');
    await settled(opened);
    await page.getByRole('button', { name: 'Copy fingerprint' }).click();
    await field.focus();
    await page.keyboard.press('Control+V');
    await page.getByText('Copied from this window, so it proves nothing.').waitFor();
    expect(await field.inputValue()).toBe(serverKey);
    await settled(opened);
    await page.keyboard.press('Enter');
    expect(await callsOf(opened, 'answer')).toEqual([]);

    await field.fill('');
    await page.getByText('uNiV', { exact: true }).click({ clickCount: 3 });
    await page.keyboard.press('Control+C');
    await field.focus();
    await page.keyboard.press('Control+V');
    await page.getByText('Copied from this window, so it proves nothing.').waitFor();
    // Copies are unbroken.
    expect((await field.inputValue()).trim()).toContain(serverKey.slice('SHA256:'.length));

    // The same text from elsewhere, over all of it, counts.
    await page.evaluate((text) => navigator.clipboard.writeText(text), serverKey);
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+V');
    await page.getByText('The same. This is the server you were told about.').waitFor();
  });

  it('ignores input that was meant for another window', async () => {
    const opened = await open('prompts.html', { prompts: [] });
    const { page } = opened;
    await page.waitForFunction(() => globalThis.fixture.calls.some(({ name }) => name === 'desktop.prompts-done'));
    // The page's time stands still from here on.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.evaluate((prompt) => globalThis.fixture.emit({ kind: 'prompt-opened', prompt }), promptOf());
    const field = page.getByLabel('Fingerprint you were given');
    await field.waitFor();
    await page.keyboard.insertText('secret of another window');
    await page.keyboard.type('more of it');
    await page.evaluate(() => navigator.clipboard.writeText('and of the clipboard'));
    await page.keyboard.press('Control+V');
    await page.evaluate(() => {
      for (const button of document.querySelectorAll('button')) button.click();
    });
    await page.keyboard.press('Escape');
    expect(await field.inputValue()).toBe('');
    expect(await callsOf(opened, 'answer')).toEqual([]);
    await page.clock.runFor(400);
    await page.keyboard.insertText('counts now');
    expect(await field.inputValue()).toBe('counts now');
  });

  it('has the buttons in the order of the system', async () => {
    const names = async (platform: 'linux' | 'win32') => {
      const { page } = await open('prompts.html', { prompts: [promptOf()], platform });
      await page.getByRole('button', { name: 'Trust and remember' }).waitFor();
      return (await page.getByRole('button').allInnerTexts()).slice(-3);
    };
    expect(await names('linux')).toEqual(['Don’t connect', 'Trust this time', 'Trust and remember']);
    expect(await names('win32')).toEqual(['Trust and remember', 'Trust this time', 'Don’t connect']);
  });

  it('asks for several fields, masks by echo, forgets each step and says what was not taken', async () => {
    const fields = [
      { label: 'Password: ', echo: false },
      { label: 'Code: ', echo: true },
    ];
    const opened = await open('prompts.html', { prompts: [codePrompt({ fields })] });
    const { page } = opened;
    expect(await page.getByLabel('Password:', { exact: true }).getAttribute('type')).toBe('password');
    expect(await page.getByLabel('Code:', { exact: true }).getAttribute('type')).toBe('text');
    expect(await page.getByText('Remember in the keychain').count()).toBe(0);
    await settled(opened);
    await page.keyboard.type('secret');
    await page.keyboard.press('Tab');
    await page.keyboard.type('4810');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => callsOf(opened, 'answer'))
      .toEqual([
        { id: '2', answer: { kind: 'values', values: ['secret', '4810'], remember: false, keepOpenMs: 28_800_000 } },
      ]);
    await page.evaluate(
      (prompt) => globalThis.fixture.emit({ kind: 'prompt-opened', prompt }),
      codePrompt({ id: '3', fields, round: 2, signIn: signInOf({ refused: 'answer', triesLeft: 2 }) }),
    );
    await page.getByText('bastion-eu did not take the answers before. 2 tries left').waitFor();
    expect(await page.getByLabel('Password:', { exact: true }).inputValue()).toBe('');
    expect(await page.getByLabel('Code:', { exact: true }).inputValue()).toBe('');
  });

  it('keeps what the server says as it is, and out of our own words', async () => {
    const message = 'Line one\n\n  <b>two</b>\t& three';
    const { page } = await open('prompts.html', {
      prompts: [codePrompt({ signIn: signInOf({ serverText: message }) })],
    });
    const said = page.getByRole('group', { name: 'The server says' });
    expect(await said.textContent()).toBe(message);
  });

  it('shows a login that is finished elsewhere, with its address in full, and opens that only by the shell', async () => {
    const opened = await open('prompts.html', { prompts: [elsewherePrompt()] }, { width: 542 });
    const { page } = opened;
    await settled(opened);
    await page.getByRole('heading', { name: 'bastion-eu waits for you' }).waitFor();
    expect(await page.getByRole('group', { name: 'The server says' }).textContent()).toContain(elsewhereAddress);
    // In full, and nowhere a link: a page of the app goes nowhere.
    expect(await page.getByText(elsewhereAddress, { exact: true }).count()).toBe(1);
    expect(await page.locator('a').count()).toBe(0);
    await page.getByRole('button', { name: 'Open…' }).click();
    await expect
      .poll(() => callsOf(opened, 'desktop.open-login'))
      .toEqual([{ promptId: '5', address: elsewhereAddress }]);
    await page.getByRole('button', { name: 'Stop the login' }).click();
    await expect.poll(() => callsOf(opened, 'answer')).toEqual([{ id: '5', answer: { kind: 'no' } }]);
  });

  it('gives the address as a link in the panel, which knows nothing of the page', async () => {
    const opened = await open('prompts.html', { prompts: [elsewherePrompt()], shell: 'panel' });
    const link = opened.page.getByRole('link', { name: elsewhereAddress });
    expect(await link.getAttribute('href')).toBe(elsewhereAddress);
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await opened.page.getByRole('button', { name: 'Open…' }).count()).toBe(0);
  });

  it('offers an address that stands beside a question for a code', async () => {
    const opened = await open('prompts.html', { prompts: [codePrompt({ addresses: [elsewhereAddress] })] });
    await settled(opened);
    await opened.page.getByText(elsewhereAddress, { exact: true }).waitFor();
    await opened.page.getByRole('button', { name: 'Open…' }).click();
    await expect
      .poll(() => callsOf(opened, 'desktop.open-login'))
      .toEqual([{ promptId: '2', address: elsewhereAddress }]);
  });

  it('says which step it is and what it opens, takes a code with blanks around it, and keeps the login open as told', async () => {
    const opened = await open('prompts.html', { prompts: [codePrompt()] });
    const { page } = opened;
    await page
      .getByText(
        'Signing in as dmitri at 203.0.113.7:22. Your key was accepted; this is the second step. One code opens',
      )
      .waitFor();
    await page.evaluate(() => navigator.clipboard.writeText('  481 052\n'));
    await settled(opened);
    const field = page.getByLabel('Passcode or option (1-2):');
    await field.focus();
    await page.keyboard.press('Control+V');
    expect(await field.inputValue()).toBe('481052');
    await page.getByRole('combobox', { name: 'Keep this login open for other tunnels for' }).selectOption('1 hour');
    await page.keyboard.press('Tab');
    await field.press('Enter');
    await expect
      .poll(() => callsOf(opened, 'answer'))
      .toEqual([{ id: '2', answer: { kind: 'values', values: ['481052'], remember: false, keepOpenMs: 3_600_000 } }]);
    // The next question begins with what was chosen; unticked, the settings decide.
    await page.evaluate(
      (prompt) => globalThis.fixture.emit({ kind: 'prompt-opened', prompt }),
      codePrompt({ id: '3' }),
    );
    const keep = page.getByRole('checkbox', { name: 'Keep this login open for other tunnels for' });
    expect(await page.getByRole('combobox').inputValue()).toBe('1');
    await settled(opened);
    await keep.uncheck();
    await field.fill('1');
    await field.press('Enter');
    await expect
      .poll(async () => (await callsOf(opened, 'answer')).at(-1))
      .toEqual({ id: '3', answer: { kind: 'values', values: ['1'], remember: false } });
  });

  it('shows what is masked only while asked to, and cuts no line of a long prompt', async () => {
    const label = 'Enter a passcode or choose:\n 1. Push\n\nPasscode: ';
    const prompt = codePrompt({ fields: [{ label, echo: false }], signIn: signInOf({ serverText: 'Hello' }) });
    const opened = await open('prompts.html', { prompts: [prompt] });
    const { page } = opened;
    const field = page.getByLabel('Passcode:', { exact: true });
    expect(await page.getByRole('group', { name: 'The server says' }).textContent()).toBe(
      'Hello\nEnter a passcode or choose:\n 1. Push',
    );
    await settled(opened);
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Hide', exact: true }).click();
    expect(await field.getAttribute('type')).toBe('password');
  });

  it('says where a password would be kept', async () => {
    const prompt = codePrompt({ kind: 'password', mayRemember: true, fields: [{ label: 'Password', echo: false }] });
    const kept = async (remembersIn: string): Promise<OpenedPage> =>
      open('prompts.html', {
        prompts: [prompt],
        outputs: { 'secret.state': { kind: 'available', store: 'a store', remembersIn } },
      });
    await (await kept('keychain')).page.getByLabel('Remember in the keychain').waitFor();
    await (await kept('memory')).page.getByLabel('Remember until Holdfast ends').waitFor();
    const opened = await kept('vault');
    await opened.page.getByLabel('Remember in the vault').waitFor();
    await settled(opened);
    await opened.page.getByLabel('Remember in the vault').check();
    await opened.page.getByLabel('Password', { exact: true }).fill(' pass word ');
    await opened.page.keyboard.press('Enter');
    // Nothing is trimmed off a password, and keeping the login open is not its matter.
    await expect
      .poll(() => callsOf(opened, 'answer'))
      .toEqual([{ id: '2', answer: { kind: 'values', values: [' pass word '], remember: true } }]);
  });

  it('closes a question that was answered elsewhere, and goes on with the next of the same host', async () => {
    const opened = await open('prompts.html', {
      prompts: [
        codePrompt({ id: 'a', askedAtMs: Date.now() - 5000 }),
        promptOf({ id: 'b', askedAtMs: Date.now() - 4000 }),
        codePrompt({ id: 'c', kind: 'password', askedAtMs: Date.now() - 3000 }),
      ],
    });
    const { page } = opened;
    await page.getByText('2 more questions wait').waitFor();
    await page.evaluate(() => globalThis.fixture.emit({ kind: 'prompt-closed', id: 'a', end: 'answered' }));
    await page.getByRole('heading', { name: 'bastion-eu asks for your password' }).waitFor();
    await page.evaluate(() => globalThis.fixture.emit({ kind: 'prompt-closed', id: 'c', end: 'withdrawn' }));
    await page.getByRole('heading', { name: 'Is this really bastion?' }).waitFor();
  });

  it('refuses a changed key by default, and replaces it only for an equal fingerprint', async () => {
    const opened = await open('prompts.html#changed-key/nas-rsync');
    const { page } = opened;
    const replace = page.getByRole('button', { name: 'Replace key and connect' });
    await replace.waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep refusing');
    expect(await replace.isDisabled()).toBe(true);
    const field = page.getByLabel('To replace the key, paste the new fingerprint');
    await settled(opened);
    await field.fill('SHA256:kQ7nL2vRzY0hWm5bTc9dXfAeUjGi3sPo8rNlVtMqBwE');
    expect(await replace.isDisabled()).toBe(true);
    await field.fill('SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM');
    await settled(opened);
    await field.press('Enter');
    expect(await callsOf(opened, 'host-key.replace')).toEqual([]);
    await replace.click();
    await expect
      .poll(() => callsOf(opened, 'host-key.replace'))
      .toEqual([{ lookupName: 'nas.home', fingerprint: 'SHA256:8dKpX4cGm1TzNwQy7uRfHbJaEoLs5iVtZ2hCnD9vUkM' }]);
    await expect.poll(() => callsOf(opened, 'desktop.prompts-done')).toEqual([{}]);
  });

  it('tells of several trusted keys, and offers no replacement where the file is only read', async () => {
    const { page } = await open('prompts.html#changed-key/nas-rsync', { outputs: readOnlyKeys });
    await page.getByText('Trusted, ssh_known_hosts line 4').waitFor();
    await page.getByText('Trusted, ssh_known_hosts line 5').waitFor();
    await page.getByText('ECDSA P-384 (ssh_known_hosts line 6)').waitFor();
    await page.getByText('Ed25519, before: RSA, ECDSA P-256 and ECDSA P-384').waitFor();
    await page.getByText(', before: 192.168.1.20').waitFor();
    await page.getByText('The trusted key stands in /etc/ssh/ssh_known_hosts, which Holdfast only reads.').waitFor();
    expect(await page.getByRole('button', { name: 'Replace key and connect' }).count()).toBe(0);
    expect(await page.getByRole('textbox').count()).toBe(0);
  });

  it('begins with the question that was picked, and says again that there is none when it is shown for nothing', async () => {
    const opened = await open('prompts.html', { prompts: [promptOf(), codePrompt()] });
    const { page } = opened;
    await page.getByText('1 more question waits').waitFor();
    await page.evaluate(() => globalThis.fixture.navigate('prompts/1'));
    await page.getByRole('heading', { name: 'Is this really bastion?' }).waitFor();
    await page.evaluate(() => globalThis.fixture.emit({ kind: 'prompt-closed', id: '1', end: 'answered' }));
    await page.evaluate(() => globalThis.fixture.emit({ kind: 'prompt-closed', id: '2', end: 'answered' }));
    await expect.poll(async () => (await callsOf(opened, 'desktop.prompts-done')).length).toBe(1);
    await page.evaluate(() => globalThis.fixture.navigate('prompts'));
    await expect.poll(async () => (await callsOf(opened, 'desktop.prompts-done')).length).toBe(2);
  });

  it('shows a changed key over the main window when the shell asks for it', async () => {
    const opened = await open('index.html#/about');
    const { page } = opened;
    await page.getByRole('heading', { name: 'About Holdfast' }).waitFor();
    await page.evaluate(() => globalThis.fixture.navigate('changed-key/nas-rsync'));
    await page.getByRole('alertdialog', { name: 'nas.home is not showing the key you trust' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep refusing');
    await settled(opened);
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await callsOf(opened, 'host-key.replace')).toEqual([]);
  });

  it('tells the window its height', async () => {
    const opened = await open('prompts.html', { prompts: [promptOf()] }, { width: 542 });
    await opened.page.getByRole('heading', { name: 'Is this really bastion?' }).waitFor();
    await expect
      .poll(async () => ((await callsOf(opened, 'desktop.prompt-height')) as { height: number }[]).at(-1)?.height)
      .toBeGreaterThan(400);
  });

  it('shows in the panel as a dialog over the page, after an act of the person', async () => {
    const opened = await open('index.html#/about', { shell: 'panel' });
    const { page } = opened;
    await page.getByRole('heading', { name: 'About Holdfast' }).click();
    await page.evaluate((prompt) => globalThis.fixture.emit({ kind: 'prompt-opened', prompt }), promptOf());
    await page.getByRole('dialog', { name: 'Is this really bastion?' }).waitFor();
    await settled(opened);
    await page.keyboard.press('Escape');
    await expect.poll(() => callsOf(opened, 'answer')).toEqual([{ id: '1', answer: { kind: 'no' } }]);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

describe.skipIf(executable === null)('editor', () => {
  it('saves one changed forward as one edit, and says before whom it would cut off', async () => {
    const opened = await open('index.html#/edit/postgres-prod');
    const { page } = opened;
    await page.getByLabel('Forward 1: Port they connect to').fill('15433');
    await page.getByText('DBeaver has 2 connections to localhost:5432 open.').waitFor();
    await page.getByRole('img', { name: 'this computer:15433 → bastion → db-prod → db-01:5432' }).waitFor();
    await page.getByText('ssh -J bastion -L 15433:db-01:5432 db-prod').waitFor();
    await page.getByRole('button', { name: 'Save and end them' }).click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toEqual({
        dryRun: false,
        edits: [
          {
            op: 'replace-forward',
            tunnel: 'postgres-prod',
            spec: 'local 5432 -> db-01:5432',
            forward: 'local 15433 -> db-01:5432',
          },
        ],
      });
  });

  it('swaps the machines when the direction is turned, and keeps the values', async () => {
    const { page } = await open('index.html#/edit/postgres-prod');
    await page.getByRole('button', { name: 'Turn the direction' }).first().click();
    await page.getByRole('img', { name: 'db-prod:5432 → bastion → this computer → db-01:5432' }).waitFor();
    expect(await page.getByLabel('Forward 1: Port they reach').inputValue()).toBe('5432');
    await page.getByText('ssh -J bastion -R 5432:db-01:5432 db-prod').waitFor();
  });

  it('tells that a rename starts the tunnel anew where it is on, and only there', async () => {
    const hint = 'postgres-prod stops, and starts under its new name.';
    const off = await open('index.html#/edit/postgres-prod');
    await off.page.getByLabel('Name', { exact: true }).fill('pg');
    await off.page.getByRole('button', { name: /^Save/ }).waitFor();
    expect(await off.page.getByText(hint).count()).toBe(0);
    const rows = [tunnel('postgres-prod', { kind: 'running', sinceMs: Date.now(), degraded: null })];
    const on = await open('index.html#/edit/postgres-prod', {
      outputs: { snapshot: { revision: 1, tunnels: rows, prompts: [], configProblem: null } },
    });
    await on.page.getByLabel('Name', { exact: true }).fill('pg');
    await on.page.getByText(hint).waitFor();
  });

  it('shows the transport of a host only where the file names one', async () => {
    const plain = await open('index.html#/edit/host:db-prod');
    await plain.page.getByLabel('User', { exact: true }).waitFor();
    expect(await plain.page.getByLabel('Transport').count()).toBe(0);
    const hosts = [{ name: 'box', values: { address: 'box', transport: 'openssh' }, effective: { jump: [] } }];
    const settings = { values: {}, effective: {} };
    const view = { file: '/c.toml', readOnlyReason: null, problem: null, hosts, tunnels: [], settings };
    const set = await open('index.html#/edit/host:box', { outputs: { 'config.view': view } });
    expect(await set.page.getByLabel('Transport').inputValue()).toBe('openssh');
  });

  it('says the problems of the file in German, one a line', async () => {
    const configProblem =
      '/c.toml:2: hosts.box.hots: unknown key; the nearest known key is "host"\n/c.toml:3: hosts.box.user: is missing: expected a user name';
    const { page } = await open('index.html#/edit/postgres-prod', {
      language: 'de',
      outputs: { snapshot: { revision: 1, tunnels: [], prompts: [], configProblem } },
    });
    const said = await page.getByText('Die Konfiguration hat einen Fehler').locator('..').innerText();
    expect(said.split('\n').map((line) => line.trim())).toEqual([
      'Die Konfiguration hat einen Fehler; die letzte gute bleibt in Kraft.',
      '/c.toml:2: hosts.box.hots: unbekannte Einstellung; am nächsten kommt „host“',
      '/c.toml:3: hosts.box.user: fehlt: erwartet wird ein Benutzername',
    ]);
  });

  it('offers a free port, warns of other machines, and shows a problem at its field', async () => {
    const { page } = await open('index.html#/edit/postgres-prod');
    const port = page.getByLabel('Forward 1: Port they connect to');
    await page.getByLabel('Forward 1: Address they connect to').fill('*');
    await page.getByText('Other machines on your network will be able to use this tunnel.').waitFor();
    await page.getByRole('button', { name: 'use 5433?' }).click();
    expect(await port.inputValue()).toBe('5433');
    await port.fill('99999');
    await page.getByText('"99999" is no port').waitFor();
    expect(await port.getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true);
  });

  it('fills the form from a pasted command, and tests it before saving', async () => {
    const opened = await open('index.html#/new');
    const { page } = opened;
    const field = page.getByLabel('Paste an ssh command', { exact: true });
    await field.fill('ssh db-prod');
    await field.press('Enter');
    await page.getByText('This command forwards nothing').waitFor();
    await field.fill('ssh -v -L 8080:web:80 edge');
    await field.press('Enter');
    await page.getByText('Filled in from the command.').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('db-prod');
    await page.getByRole('button', { name: 'Test before saving' }).click();
    await page.getByText('db-01 refuses connections on port 5432.').waitFor();
    await page.getByText('It does not work yet.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toMatchObject({
        dryRun: false,
        edits: [
          { op: 'add-host', name: 'edge' },
          { op: 'add-tunnel', name: 'db-prod', values: { host: 'edge' } },
        ],
      });
  });

  it('asks before a pasted command has this computer run one, shows it whole, and runs it for no test before', async () => {
    const longCommand = `printf x;\n${'cloudflared access ssh --hostname '.repeat(20)}; touch /tmp/end`;
    const opened = await open('index.html#/new', {
      outputs: {
        'ssh-command.parse': {
          problem: null,
          tunnel: 'edge',
          notes: [],
          edits: [
            { op: 'add-host', name: 'edge', values: { address: 'edge.acme.io', 'proxy-command': longCommand } },
            {
              op: 'add-tunnel',
              name: 'edge',
              values: { host: 'edge', start: 'manual', forwards: ['local 8080 -> web:80'] },
            },
          ],
        },
      },
    });
    const { page } = opened;
    const field = page.getByLabel('Paste an ssh command', { exact: true });
    await field.fill("ssh -o ProxyCommand='…' -L 8080:web:80 edge");
    await field.press('Enter');
    await page.getByText('Filled in from the command.').waitFor();
    const dialog = page.getByRole('alertdialog', { name: 'Let this computer run a command?' });
    await page.getByRole('button', { name: 'Test before saving' }).click();
    await dialog.waitFor();
    expect(await dialog.locator('pre').textContent()).toBe(longCommand.replace('\n', '\\n'));
    expect(await violations(opened)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('button', { name: 'Do not allow it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await callsOf(opened, 'tunnel.test')).toEqual([]);
    expect((await callsOf(opened, 'config.edit')).every((call) => JSON.stringify(call).includes('"dryRun":true'))).toBe(
      true,
    );
    await page.getByRole('button', { name: 'Test before saving' }).click();
    await dialog.getByRole('button', { name: 'Allow it', exact: true }).click();
    await page.getByText('It does not work yet.').waitFor();
    // What was agreed to once is not asked again.
    await page.getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toMatchObject({
        dryRun: false,
        edits: [{ values: { 'proxy-command': longCommand } }, { values: { start: 'manual' } }],
      });
  });

  it('says who stays connected where a change ends nobody', async () => {
    const { page } = await open('index.html#/edit/postgres-prod');
    await page.getByLabel('Programs wait for a lost link').fill('1m');
    await page.getByText('DBeaver has 2 connections open. They stay open.').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).waitFor();
  });

  it('gives up nothing that was typed without a word: another page, Esc, the shell', async () => {
    const opened = await open('index.html#/edit/postgres-prod');
    const { page } = opened;
    const group = page.getByLabel('Group');
    await group.fill('Elsewhere');
    const question = page.getByRole('alertdialog', { name: 'Leave without saving?' });
    await page.getByRole('tab', { name: 'Activity' }).click();
    await question.waitFor();
    expect(await violations(opened)).toEqual([]);
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(await group.inputValue()).toBe('Elsewhere');
    expect(page.url()).toContain('#/edit/postgres-prod');
    await page.evaluate(() => globalThis.fixture.navigate('settings'));
    await question.getByRole('button', { name: 'Keep editing' }).click();
    expect(await group.inputValue()).toBe('Elsewhere');
    await page.getByRole('button', { name: 'Turn the direction' }).first().focus();
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Discard the changes' }).click();
    await page.getByLabel('Group').waitFor({ state: 'detached' });
    expect(page.url()).toContain('#/tunnels/postgres-prod');
    expect((await callsOf(opened, 'config.edit')).every((input) => (input as { dryRun: boolean }).dryRun)).toBe(true);
  });

  it('leaves without a question where nothing was typed, or after Cancel', async () => {
    const { page } = await open('index.html#/edit/postgres-prod');
    await page.getByLabel('Group').waitFor();
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByLabel('Group').waitFor({ state: 'detached' });
    await page.goBack();
    await page.getByLabel('Group').fill('Elsewhere');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Group').waitFor({ state: 'detached' });
    expect(await page.getByRole('alertdialog').count()).toBe(0);
  });

  it('follows a file that is changed meanwhile, and overwrites nothing unasked', async () => {
    const opened = await open('index.html#/edit/postgres-prod');
    const { page } = opened;
    const group = page.getByLabel('Group');
    const park = page.getByLabel('Programs wait for a lost link');
    await group.waitFor();
    const change = (values: Record<string, unknown>): Promise<void> =>
      page.evaluate(async (changed) => {
        const result = await (globalThis as unknown as { holdfast: ShellBridge }).holdfast.call('config.view', {});
        if (!result.ok) throw new Error('no view');
        const [tunnel, ...others] = result.output.tunnels;
        const next = { ...tunnel, values: { ...tunnel?.values, ...changed } };
        globalThis.fixture.answerWith('config.view', { ...result.output, tunnels: [next, ...others] });
        globalThis.fixture.emit({ kind: 'config', problem: null });
      }, values);
    await group.fill('Mine');
    await change({ park: '2m' });
    await page.getByText('The file was changed meanwhile. What you had not touched').waitFor();
    expect(await park.inputValue()).toBe('2m');
    expect(await group.inputValue()).toBe('Mine');
    await change({ group: 'Theirs' });
    await page
      .getByText('The file was changed meanwhile, and so was group here. Saving waits for your choice.')
      .waitFor();
    const save = page.getByRole('button', { name: 'Save', exact: true });
    expect(await save.isDisabled()).toBe(true);
    expect(await violations(opened)).toEqual([]);
    await page.getByRole('button', { name: 'Keep what I typed' }).click();
    expect(await group.inputValue()).toBe('Mine');
    await save.click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toEqual({ dryRun: false, edits: [{ op: 'set', path: ['tunnels', 'postgres-prod', 'group'], value: 'Mine' }] });
  });

  it('keeps a form whose tunnel left the file, and says so', async () => {
    const { page } = await open('index.html#/edit/postgres-prod');
    await page.getByLabel('Group').fill('Mine');
    await page.evaluate(async () => {
      const result = await (globalThis as unknown as { holdfast: ShellBridge }).holdfast.call('config.view', {});
      if (!result.ok) throw new Error('no view');
      globalThis.fixture.answerWith('config.view', { ...result.output, tunnels: [] });
      globalThis.fixture.emit({ kind: 'config', problem: null });
    });
    await page.getByText('postgres-prod is no longer in the file. Saving makes it anew.').waitFor();
    expect(await page.getByLabel('Group').inputValue()).toBe('Mine');
  });

  it('has every key of a tunnel, the rarer ones folded away', async () => {
    const opened = await open('index.html#/edit/postgres-prod');
    const { page } = opened;
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByLabel('It ends after').fill('8h');
    expect(await violations(opened)).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toEqual({
        dryRun: false,
        edits: [{ op: 'set', path: ['tunnels', 'postgres-prod', 'max-lifetime'], value: '8h' }],
      });
  });

  it('removes a tunnel only after a yes; Esc keeps it', async () => {
    const opened = await open('index.html#/edit/postgres-prod');
    const { page } = opened;
    await page.getByRole('button', { name: 'Remove tunnel…' }).click();
    await page.getByRole('alertdialog', { name: 'Remove postgres-prod?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove tunnel…' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect
      .poll(async () => (await callsOf(opened, 'config.edit')).at(-1))
      .toEqual({ dryRun: false, edits: [{ op: 'remove-tunnel', name: 'postgres-prod' }] });
  });
});

describe.skipIf(executable === null)('pages', () => {
  it('writes a setting at once, as one edit, and finds it by its key', async () => {
    const opened = await open('index.html#/settings');
    const { page } = opened;
    await page.getByLabel('Find a setting').fill('pool-idle');
    const item = page.getByLabel('An unused login stays open for');
    await item.fill('10m');
    await item.press('Enter');
    await expect
      .poll(() => callsOf(opened, 'config.edit'))
      .toEqual([{ dryRun: false, edits: [{ op: 'set', path: ['settings', 'pool-idle'], value: '10m' }] }]);
    expect(await page.getByText('log-level').count()).toBe(0);
  });

  it('takes a value back to its default by taking the key out', async () => {
    const opened = await open('index.html#/settings');
    await opened.page.getByLabel('Least severity that is logged').selectOption('info');
    await expect
      .poll(() => callsOf(opened, 'config.edit'))
      .toEqual([{ dryRun: false, edits: [{ op: 'delete', path: ['settings', 'log-level'] }] }]);
  });

  it('shows the start at login as it is', async () => {
    const opened = await open('index.html#/settings');
    const item = opened.page.getByRole('switch', { name: 'Start when I log in' });
    expect(await item.getAttribute('aria-checked')).toBe('false');
    await item.click();
    await expect.poll(() => item.getAttribute('aria-checked')).toBe('true');
    expect(await callsOf(opened, 'desktop.set-login-start')).toEqual([{ enabled: true }]);
  });

  it('looks through known hosts and removes one after a yes', async () => {
    const opened = await open('index.html#/known-hosts');
    const { page } = opened;
    await page.getByText('14 entries').waitFor();
    await page.getByLabel('Find a host, key or file').fill('10.0.0.4');
    await page.getByRole('button', { name: 'Remove 10.0.0.4' }).first().click();
    await page.getByRole('button', { name: 'Forget them' }).click();
    await expect
      .poll(() => callsOf(opened, 'known-hosts.remove'))
      .toEqual([{ file: '/home/dmitri/.ssh/known_hosts', name: '10.0.0.4' }]);
  });

  it('finds a hashed name by the whole name, and only then forgets it', async () => {
    const opened = await open('index.html#/known-hosts');
    const { page } = opened;
    await page.getByText('hashed name').first().waitFor();
    const find = page.getByLabel('Find a host, key or file');
    await find.fill('hidden.example');
    await page.getByText('Hashed names are found by typing the whole name', { exact: false }).waitFor();
    await find.fill('hidden.example.org');
    await page.getByRole('button', { name: 'Remove hidden.example.org' }).click();
    await page.getByRole('button', { name: 'Forget them' }).click();
    await expect
      .poll(() => callsOf(opened, 'known-hosts.remove'))
      .toEqual([{ file: '/home/dmitri/.ssh/known_hosts', name: 'hidden.example.org' }]);
  });

  it('resets a setting by one click, where it is not the default', async () => {
    const opened = await open('index.html#/settings');
    const { page } = opened;
    await page.getByRole('button', { name: 'Reset to information' }).click();
    await expect
      .poll(() => callsOf(opened, 'config.edit'))
      .toEqual([{ dryRun: false, edits: [{ op: 'delete', path: ['settings', 'log-level'] }] }]);
    expect(await page.getByRole('button', { name: /Reset to/ }).count()).toBe(1);
  });

  it('forgets a credential', async () => {
    const opened = await open('index.html#/credentials');
    await opened.page.getByRole('button', { name: 'Remove: Password, bastion' }).click();
    await opened.page.getByRole('button', { name: 'Forget it' }).click();
    await expect.poll(() => callsOf(opened, 'secret.remove')).toEqual([{ host: 'bastion', kind: 'password' }]);
  });

  it('begins with a pasted command, or with hosts of ~/.ssh/config', async () => {
    const opened = await open('index.html#/first-run');
    const { page } = opened;
    await page.getByRole('button', { name: 'Pick from ~/.ssh/config (2 hosts)' }).click();
    await page.getByLabel('web-1').check();
    await page.getByRole('button', { name: 'Take over 1 host' }).click();
    await page.getByText('1 host is here.').waitFor();
    expect(await callsOf(opened, 'ssh-config.import')).toEqual([{ aliases: ['web-1'], mayRunCommands: false }]);
    await page.getByLabel('ssh command', { exact: true }).fill('ssh -L 8080:web:80 edge');
    await page.keyboard.press('Enter');
    await page.getByText('Filled in from the command.').waitFor();
  });

  it('asks before hosts of ~/.ssh/config are taken over whose connection runs a command', async () => {
    const command = 'cloudflared access ssh --hostname web-2';
    const edits = [{ op: 'add-host', name: 'web-2', values: { address: 'web-2.acme.io', 'proxy-command': command } }];
    const opened = await open('index.html#/first-run', {
      outputs: { 'ssh-config.import': { edits, notes: [], skipped: [] } },
    });
    const { page } = opened;
    await page.getByRole('button', { name: 'Pick from ~/.ssh/config (2 hosts)' }).click();
    await page.getByLabel('web-2').check();
    const take = page.getByRole('button', { name: 'Take over 1 host' });
    const dialog = page.getByRole('alertdialog', { name: 'Let this computer run a command?' });
    await take.click();
    await dialog.getByText(command).waitFor();
    await dialog.getByRole('button', { name: 'Do not allow it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await callsOf(opened, 'config.edit')).toEqual([]);
    await take.click();
    await dialog.getByRole('button', { name: 'Allow it', exact: true }).click();
    await page.getByText('1 host is here.').waitFor();
  });

  it('takes hosts of ~/.ssh/config over into a new tunnel too, when there are tunnels already', async () => {
    const opened = await open('index.html#/new');
    const { page } = opened;
    await page.getByRole('button', { name: 'Pick from ~/.ssh/config (2 hosts)' }).click();
    await page.getByLabel('web-1').check();
    await page.getByRole('button', { name: 'Take over 1 host' }).click();
    await page.getByText('1 host is here.').waitFor();
    expect(await page.getByLabel('Host', { exact: true }).inputValue()).toBe('web-1');
    expect(await violations(opened)).toEqual([]);
  });
});

/** Several keys are trusted, none of the shown one's type, in a file that Holdfast does not write. */
const readOnlyKeys = {
  'host-key.changed': [
    {
      hop: 'nas',
      address: 'nas.home:22',
      remoteAddress: '192.168.1.77',
      addressBefore: '192.168.1.20',
      lookupName: 'nas.home',
      file: '/etc/ssh/ssh_known_hosts',
      line: 4,
      replaceable: false,
      trusted: ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384'].map((keyType, index) => ({
        keyType,
        fingerprint: serverKey.replace('uNiV', `key${index}`),
        file: '/etc/ssh/ssh_known_hosts',
        line: 4 + index,
        sinceMs: null,
      })),
      shown: { keyType: 'ssh-ed25519', fingerprint: serverKey },
      shownAtMs: Date.now(),
      tunnels: ['nas-rsync'],
    },
  ],
};

const screens: readonly (readonly [string, string, EditingFixtureOptions])[] = [
  ['host key', 'prompts.html', { prompts: [promptOf()] }],
  ['code', 'prompts.html', { prompts: [codePrompt(), promptOf()] }],
  ['password', 'prompts.html', { prompts: [codePrompt({ kind: 'password', message: '', mayRemember: true })] }],
  ['passphrase', 'prompts.html', { prompts: [codePrompt({ kind: 'passphrase', message: 'Passphrase of id_rsa' })] }],
  ['confirm', 'prompts.html', { prompts: [codePrompt({ kind: 'confirm', message: 'Go on?', fields: [] })] }],
  ['login elsewhere', 'prompts.html', { prompts: [elsewherePrompt()] }],
  [
    'login elsewhere, silent',
    'prompts.html',
    { prompts: [elsewherePrompt({ elsewhere: { serverText: '' }, addresses: [] })] },
  ],
  ['code with an address', 'prompts.html', { prompts: [codePrompt({ addresses: [elsewhereAddress] })] }],
  ['changed key', 'prompts.html#changed-key/nas-rsync', {}],
  ['changed key in a file that is only read', 'prompts.html#changed-key/nas-rsync', { outputs: readOnlyKeys }],
  [
    'code again',
    'prompts.html',
    {
      prompts: [
        codePrompt({
          round: 3,
          fields: [{ label: 'Code: ', echo: false }],
          signIn: signInOf({ refused: 'code', triesLeft: 1 }),
        }),
      ],
    },
  ],
  ['edit', 'index.html#/edit/postgres-prod', {}],
  ['new', 'index.html#/new', {}],
  ['host', 'index.html#/edit/host:db-prod', {}],
  ['settings', 'index.html#/settings', {}],
  ['known hosts', 'index.html#/known-hosts', {}],
  ['credentials', 'index.html#/credentials', {}],
  ['first run', 'index.html#/first-run', {}],
  ['about', 'index.html#/about', {}],
];

describe.skipIf(executable === null)('access', () => {
  it.each(screens)(
    '%s: no violation of axe, nothing on the console, in both themes and in German',
    async (_, path, fixture) => {
      for (const [theme, language] of [
        ['light', 'en'],
        ['dark', 'de'],
      ] as const) {
        const opened = await open(path, { ...fixture, language }, { theme });
        await opened.page.locator('h1:not(.vh)').first().waitFor();
        expect(await violations(opened)).toEqual([]);
        expect(opened.complaints).toEqual([]);
      }
    },
  );
});

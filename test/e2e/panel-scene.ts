import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findChromium } from '../support/chromium.ts';
import type { Holdfast } from '../support/holdfast.ts';
import { PanelBrowser, panelLink, type PanelPage } from '../support/panel-page.ts';
import type { TestSshd } from '../support/sshd.ts';
import { echo, endSceneAfterEach, own, sshd, trusting, tunnelTable } from './scene.ts';

/** What the tests of the panel share: a browser, and pages that may not complain. */

export const chromium = findChromium();

let browser: PanelBrowser;
let opened: PanelPage[] = [];

/** Call once at the top of a test file: one browser for it; each test ends its pages, which were never refused anything. */
export function usePanelBrowser(): void {
  test.runIf(process.env['CI'] === 'true')('Chromium is there', () => {
    expect(chromium).not.toBeNull();
  });
  beforeAll(async () => {
    if (chromium !== null) browser = await PanelBrowser.start(chromium);
  });
  afterAll(() => browser?.dispose());
  endSceneAfterEach();
  afterEach(() => {
    const pages = opened;
    opened = [];
    for (const { complaints } of pages) expect(complaints).toEqual([]);
  });
}

/** Starts the engine with its panel and opens it. */
export async function servePanel(hf: Holdfast, args: readonly string[] = []): Promise<PanelPage> {
  await hf.serve(['--panel', ...args]);
  return openPanel(await panelLink(hf));
}

/** One tunnel `db` over a trusted server to one that says back what it hears, shown as running. */
export async function runningPanel(): Promise<{ hf: Holdfast; panel: PanelPage; server: TestSshd }> {
  const [server, target] = await Promise.all([sshd(), echo()]);
  const hf = await trusting(server, tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`));
  const panel = await servePanel(hf);
  await panel.shows('db', 'Running');
  return { hf, panel, server };
}

export async function openPanel(link: string, options: BrowserContextOptions = {}): Promise<PanelPage> {
  const panel = own(await browser.open(link, options));
  opened.push(panel);
  return panel;
}

/** Another page of the same browser, by a fresh link. */
export async function openBeside(panel: PanelPage, link: string): Promise<PanelPage> {
  const beside = await panel.another(link);
  opened.push(beside);
  return beside;
}

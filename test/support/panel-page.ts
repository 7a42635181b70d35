import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import type { Holdfast } from './holdfast.ts';
import { until } from './until.ts';

/**
 * The panel of a running engine in real Chromium, by what a person sees: roles, names and words, never classes.
 *
 *     const browser = await PanelBrowser.start(findChromium());
 *     const panel = await browser.open(panelLink(holdfast));
 *     await panel.shows('db', 'Running');
 *     expect(panel.complaints).toEqual([]);
 */

/** The one-time link that `serve --panel` has printed. */
export async function panelLink(holdfast: Holdfast): Promise<string> {
  const found = await until(() => /^panel: (http:\S+)$/m.exec(holdfast.output), {
    what: 'the link to the panel',
    seen: () => `${holdfast.output}${holdfast.errors}`,
  });
  return found[1] ?? '';
}

/** A further link, as `holdfast panel` prints it. */
export async function freshLink(holdfast: Holdfast): Promise<string> {
  const ran = await holdfast.run(['panel']);
  if (ran.code !== 0) throw new Error(`panel ended with ${ran.code}: ${ran.stderr}`);
  return ran.stdout.trim();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class PanelBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(executablePath: string): Promise<PanelBrowser> {
    return new PanelBrowser(await launchChromium(executablePath));
  }

  /** Opens a one-time link in a browser profile of its own. */
  async open(link: string, options: BrowserContextOptions = {}): Promise<PanelPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 1160, height: 780 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      ...options,
    });
    context.setDefaultTimeout(15_000);
    return PanelPage.open(context, link);
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
  }
}

/** One page of the panel. */
export class PanelPage {
  readonly page: Page;
  readonly complaints: string[] = [];
  /** What went over its WebSocket, both ways. */
  readonly frames: string[] = [];
  #expected: RegExp | null = null;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, link: string): Promise<PanelPage> {
    const panel = new PanelPage(await context.newPage());
    const { page } = panel;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') panel.#complain(message.text());
    });
    page.on('pageerror', (error) => panel.#complain(String(error)));
    // The console tells refusals too, but not those that are only reported.
    await page.exposeFunction('refusedByPolicy', (text: string) => panel.#complain(text));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { refusedByPolicy } = globalThis as unknown as { refusedByPolicy: (text: string) => void };
        refusedByPolicy(`${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile})`);
      });
    });
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => panel.frames.push(payload.toString()));
      socket.on('framereceived', ({ payload }) => panel.frames.push(payload.toString()));
    });
    await page.goto(link);
    await page.getByRole('contentinfo').or(page.getByRole('alert')).first().waitFor();
    return panel;
  }

  /** A second page of the same browser. */
  another(path: string): Promise<PanelPage> {
    return PanelPage.open(this.page.context(), path);
  }

  /** From now on complaints that fit are the test's own doing. */
  expectComplaints(pattern: RegExp): void {
    this.#expected = pattern;
  }

  #complain(text: string): void {
    if (this.#expected?.test(text) !== true) this.complaints.push(text);
  }

  /** The address of this panel. */
  get origin(): string {
    return new URL(this.page.url()).origin;
  }

  /** What the tunnels' rows are called by. */
  row(name: string): Locator {
    return this.list.getByRole('button', { name: new RegExp(`^${name}, `) });
  }

  /** The whole row: state word, reason, figures. */
  rowItem(name: string): Locator {
    return this.list
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('button', { name: new RegExp(`^${name}, `) }) });
  }

  get list(): Locator {
    return this.page.getByRole('region', { name: 'Tunnels' });
  }

  get rows(): Locator {
    return this.list.getByRole('listitem');
  }

  switchOf(name: string): Locator {
    return this.page.getByRole('switch', { name: `Keep ${name} up` });
  }

  /** Waits until the tunnel's row says this word. */
  async shows(name: string, state: string): Promise<void> {
    await this.list.getByRole('button', { name: `${name}, ${state}`, exact: true }).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  /** What this tab keeps, which any page at this address can read. */
  stored(): Promise<Readonly<Record<string, string>>> {
    return this.page.evaluate(() => Object.fromEntries(Object.entries(sessionStorage)) as Record<string, string>);
  }

  /** Goes to a section by its tab. */
  async section(name: 'Tunnels' | 'Logins' | 'Activity'): Promise<void> {
    await this.page.getByRole('tab', { name, exact: true }).click();
  }

  /** Goes to a page by its address in the window. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  /** A question or another dialog over the page. */
  dialog(title: string): DialogPart {
    return new DialogPart(this.page, title);
  }

  /** Waits until no dialog is open. */
  async noDialog(): Promise<void> {
    await this.page.locator('dialog[open]').waitFor({ state: 'detached' });
  }

  /** What axe finds wrong in both themes, as `theme rule: element`. */
  async violations(): Promise<readonly string[]> {
    const found: string[] = [];
    await this.page.evaluate(axe);
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      const rules = await this.page.evaluate(async () => {
        const tool = (globalThis as unknown as { axe: { run(): Promise<{ violations: AxeRule[] }> } }).axe;
        const result = await tool.run();
        return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
      });
      found.push(...rules.map((rule) => `${colorScheme} ${rule}`));
    }
    return found;
  }

  async dispose(): Promise<void> {
    await this.page.context().close();
  }
}

interface AxeRule {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** A dialog by its title. */
export class DialogPart {
  readonly root: Locator;

  constructor(page: Page, title: string) {
    this.root = page
      .getByRole('dialog', { name: title, exact: true })
      .or(page.getByRole('alertdialog', { name: title, exact: true }));
  }

  async waitFor(): Promise<void> {
    await this.root.waitFor();
    await this.root.locator('[data-held]').waitFor({ state: 'detached' });
  }

  button(name: string): Locator {
    return this.root.getByRole('button', { name, exact: true });
  }

  field(label: string): Locator {
    return this.root.getByLabel(label, { exact: true });
  }

  /** Acts until the dialog is gone: a question that has just appeared ignores input for a moment. */
  async leaveBy(act: () => Promise<void>): Promise<void> {
    await until(
      async () => {
        if ((await this.root.count()) === 0) return true;
        await act().catch(() => undefined);
        return (await this.root.count()) === 0;
      },
      { what: 'the dialog to close', timeoutMs: 15_000 },
    );
  }

  async press(name: string): Promise<void> {
    await this.button(name).waitFor();
    await this.leaveBy(() => this.button(name).click({ timeout: 1000 }));
  }
}

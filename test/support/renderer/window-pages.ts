import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { complaintsOf, PageServer } from './page-server.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const axeFile = fileURLToPath(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url));

export interface WindowPage {
  readonly page: Page;
  /** Errors of the console and the page, refusals of the policy among them. */
  readonly complaints: readonly string[];
  /** What axe finds wrong: rule and element. */
  readonly violations: () => Promise<readonly string[]>;
}

/** The window over data, built as it ships and served with a strict policy, in real Chromium. */
export class WindowPages {
  readonly #server: PageServer;

  private constructor(server: PageServer) {
    this.#server = server;
  }

  static async start(executablePath: string): Promise<WindowPages> {
    const server = await PageServer.start(executablePath, (folder) =>
      build({
        configFile: false,
        root: here,
        base: './',
        plugins: [react()],
        logLevel: 'error',
        build: {
          outDir: folder,
          emptyOutDir: true,
          target: 'chrome140',
          assetsInlineLimit: 0,
          modulePreload: { polyfill: false },
          rollupOptions: { input: join(here, 'page.html') },
        },
      }),
    );
    return new WindowPages(server);
  }

  /** Opens the window at `?query#hash`. */
  async open(address: string, options: BrowserContextOptions = {}): Promise<WindowPage> {
    const page = await this.#server.newPage({ locale: 'en-GB', ...options });
    const complaints = complaintsOf(page);
    await this.#server.load(page, `page.html${address}`);
    await page.waitForSelector('footer');
    return { page, complaints, violations: () => violations(page) };
  }

  async dispose(): Promise<void> {
    await this.#server.stop();
  }
}

/** Runs axe through the debugger, which the page's policy does not stop. */
async function violations(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: await readFile(axeFile, 'utf8') });
  const result = await session.send('Runtime.evaluate', {
    expression: `axe.run(document).then((result) => result.violations.flatMap(
      (rule) => rule.nodes.map((node) => rule.id + ': ' + node.html)))`,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.result.value as readonly string[];
}

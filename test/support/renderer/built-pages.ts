import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import type { EditingFixtureOptions } from './editing-fixture.ts';
import { complaintsOf, PageServer } from './page-server.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, page errors and refusals of the policy. */
  readonly complaints: string[];
}

/** The built renderer, served with a strict policy, in real Chromium, over a shell of data. */
export class BuiltPages {
  readonly #server: PageServer;
  readonly #script: string;

  private constructor(server: PageServer, script: string) {
    this.#server = server;
    this.#script = script;
  }

  static async start(executablePath: string): Promise<BuiltPages> {
    const bundled = await esbuild({
      entryPoints: [join(root, 'test/support/renderer/editing-fixture.ts')],
      bundle: true,
      format: 'iife',
      globalName: 'editingFixture',
      write: false,
    });
    const server = await PageServer.start(executablePath, (folder) =>
      build({
        configFile: join(root, 'vite.config.ts'),
        root: join(root, 'src/renderer'),
        logLevel: 'error',
        build: { outDir: folder, emptyOutDir: true },
      }),
    );
    return new BuiltPages(server, bundled.outputFiles[0]?.text ?? '');
  }

  /** Opens `index.html#/settings` or `prompts.html` with the shell of data around it. */
  async open(
    path: string,
    fixture: EditingFixtureOptions = {},
    look: { theme?: 'light' | 'dark'; width?: number; height?: number } = {},
  ): Promise<OpenedPage> {
    const page = await this.#server.newPage({
      viewport: { width: look.width ?? 1160, height: look.height ?? 780 },
      colorScheme: look.theme ?? 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const complaints = complaintsOf(page);
    await page.addInitScript(`${this.#script};editingFixture.installEditingFixture(${JSON.stringify(fixture)})`);
    await this.#server.load(page, path);
    await page.waitForFunction('document.fonts.ready');
    return { page, context: page.context(), complaints };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}

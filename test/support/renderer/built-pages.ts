import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import type { EditingFixtureOptions } from './editing-fixture.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** As strict as the shells'. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

/** Chromium of the system, null if there is none. */
export function findChromium(): string | null {
  const known = [
    process.env['HOLDFAST_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return known.find((path) => path !== undefined && existsSync(path)) ?? null;
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, page errors and refusals of the policy. */
  readonly complaints: string[];
}

/** The built renderer, served with a strict policy, in real Chromium, over a shell of data. */
export class BuiltPages {
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #script: string;

  private constructor(folder: string, server: Server, browser: Browser, script: string) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
    this.#script = script;
  }

  static async start(executablePath: string): Promise<BuiltPages> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-pages-'));
    await build({
      configFile: join(root, 'vite.config.ts'),
      root: join(root, 'src/renderer'),
      logLevel: 'error',
      build: { outDir: folder, emptyOutDir: true },
    });
    const bundled = await esbuild({
      entryPoints: [join(root, 'test/support/renderer/editing-fixture.ts')],
      bundle: true,
      format: 'iife',
      globalName: 'editingFixture',
      write: false,
    });
    const server = createServer((request, response) => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
      const file = join(folder, path);
      if (path === '/favicon.ico') {
        response.writeHead(204).end();
        return;
      }
      if (!file.startsWith(folder) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': pagePolicy,
      });
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] });
    return new BuiltPages(folder, server, browser, bundled.outputFiles[0]?.text ?? '');
  }

  /** Opens `index.html#/settings` or `prompts.html` with the shell of data around it. */
  async open(
    path: string,
    fixture: EditingFixtureOptions = {},
    look: { theme?: 'light' | 'dark'; width?: number; height?: number } = {},
  ): Promise<OpenedPage> {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server of the pages is closed');
    const context = await this.#browser.newContext({
      viewport: { width: look.width ?? 1160, height: look.height ?? 780 },
      colorScheme: look.theme ?? 'light',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const complaints: string[] = [];
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(`${this.#script};editingFixture.installEditingFixture(${JSON.stringify(fixture)})`);
    await page.goto(`http://127.0.0.1:${address.port}/${path}`);
    await page.waitForFunction('document.fonts.ready');
    return { page, context, complaints };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

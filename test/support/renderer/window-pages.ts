import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const axeFile = fileURLToPath(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url));
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

/** Chromium of the system; null if there is none. */
export function systemChromium(): string | null {
  const known = [
    process.env['HOLDFAST_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return known.find((path) => path !== undefined && existsSync(path)) ?? null;
}

export interface WindowPage {
  readonly page: Page;
  /** Errors of the console and the page, refusals of the policy among them. */
  readonly complaints: readonly string[];
  /** What axe finds wrong: rule and element. */
  readonly violations: () => Promise<readonly string[]>;
}

/** The window over data, built as it ships and served with a strict policy, in real Chromium. */
export class WindowPages {
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(folder: string, server: Server, browser: Browser) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  static async start(executablePath: string): Promise<WindowPages> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-window-'));
    await build({
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
    });
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
      const file = join(folder, path === '/' ? 'page.html' : path);
      if (!existsSync(file)) {
        response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
        return;
      }
      const type = types[extname(file)] ?? 'text/plain';
      response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ];
    const browser = await chromium.launch({
      executablePath,
      args: [...args, '--disable-component-update', '--disable-sync'],
    });
    return new WindowPages(folder, server, browser);
  }

  /** Opens the window at `?query#hash`. */
  async open(address: string, options: BrowserContextOptions = {}): Promise<WindowPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 1160, height: 780 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const { port } = this.#server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${address}`);
    await page.waitForSelector('footer');
    return { page, complaints, violations: () => violations(page) };
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
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

import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, sep } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { pagePolicy } from '../../../src/shared/contract/page-policy.ts';
import { launchChromium } from '../chromium.ts';

/** The shells' own policy; what the pages load comes from their server. */
const policy = pagePolicy(["'self'"]);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

/** Pages built into a folder of their own, served with the shells' strict policy, and real Chromium to open them in. */
export class PageServer {
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(folder: string, server: Server, browser: Browser) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  /** `build` puts the pages into the folder that it is given. */
  static async start(executablePath: string, build: (folder: string) => Promise<unknown>): Promise<PageServer> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-pages-'));
    await build(folder);
    const server = createServer((request, response) => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
      const file = join(folder, path);
      if (path === '/favicon.ico') {
        response.writeHead(204).end();
        return;
      }
      if (!file.startsWith(folder + sep) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': policy,
      });
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PageServer(folder, server, await launchChromium(executablePath));
  }

  /** A fresh page of a browser profile of its own, which has loaded nothing yet. */
  async newPage(options: BrowserContextOptions): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1160, height: 780 },
      reducedMotion: 'reduce',
      ...options,
    });
    return context.newPage();
  }

  /** Loads `file.html?query#hash` in a page. */
  async load(page: Page, path: string): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${path}`);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** From now on: errors and warnings of the console, refusals of the policy among them, and errors of the page. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { sendAndRead, startEcho } from '../lines-server.ts';
import { startSshd, type TestSshd } from '../sshd.ts';
import { until } from '../until.ts';
import { buildApp, type BuiltApp, DesktopApp, type UnpackedApp } from './app.ts';
import { DesktopSession } from './session.ts';
import { TrayReader } from './tray.ts';

/** What the suites in a real Electron share: a desktop session, an sshd, a server behind it, and apps that end with their test. */
export class DesktopScene {
  readonly built: UnpackedApp;
  readonly session: DesktopSession;
  readonly server: TestSshd;
  readonly echo: { readonly port: number; stop(): Promise<void> };
  /** Those of this test. */
  readonly #apps: DesktopApp[] = [];
  readonly #open: { dispose(): Promise<void> | void }[] = [];

  private constructor(session: DesktopSession, server: TestSshd, echo: DesktopScene['echo']) {
    this.built = buildApp();
    this.session = session;
    this.server = server;
    this.echo = echo;
  }

  static async start(): Promise<DesktopScene> {
    return new DesktopScene(await DesktopSession.start(), await startSshd(), await startEcho());
  }

  /** Ends with the test, the last one first. */
  own(item: { dispose(): Promise<void> | void }): void {
    this.#open.push(item);
  }

  /** An app on a profile of its own, not started. */
  newApp({ on = this.session, built = this.built }: { on?: DesktopSession; built?: BuiltApp } = {}): DesktopApp {
    const app = new DesktopApp(built, on);
    this.#apps.push(app);
    this.own({ dispose: () => app.kill() });
    return app;
  }

  /** `[hosts.NAME]` for this sshd; without an agent, with a known_hosts beside the configuration. */
  host(app: DesktopApp, name: string, { server = this.server, trusted = false, extra = '' } = {}): string {
    const knownHosts = join(app.folder, `known_hosts_${name}`);
    if (trusted) writeFileSync(knownHosts, `${server.knownHostsLine()}\n`, { mode: 0o600 });
    return `[hosts.${name}]
address = "127.0.0.1"
port = ${server.port}
user = "${server.user}"
agent = false
known-hosts = ["${knownHosts}"]
${server === this.server ? `identity = ["${server.clientKey}"]\n` : ''}${extra}
`;
  }

  /** `[tunnels.NAME]` from this local port to the server that says back what it hears. */
  tunnel(name: string, host: string, port: number, extra = ''): string {
    return `[tunnels.${name}]
host = "${host}"
start = "manual"
forwards = ["local 127.0.0.1:${port} -> 127.0.0.1:${this.echo.port}"]
${extra}
`;
  }

  /** The tray once it has this tunnel's entry. */
  async tray(label: string, on: DesktopSession = this.session): Promise<TrayReader> {
    const tray = new TrayReader(on);
    await until(() => tray.labels().some((found) => found.startsWith(label)), {
      what: `${label} in the tray menu`,
      timeoutMs: 20_000,
      seen: () => [...tray.items(), on.panelState(), ...this.#apps.map((app) => app.said)].join('\n'),
    });
    return tray;
  }

  async endTest(): Promise<void> {
    this.#apps.length = 0;
    for (const item of this.#open.splice(0).toReversed()) await item.dispose();
  }

  async stop(): Promise<void> {
    await this.session.stop();
    await this.server.stop();
    await this.echo.stop();
  }
}

/** One scene for all tests of a file. */
export function desktopScene(): () => DesktopScene {
  let scene: DesktopScene | null = null;
  beforeAll(async () => {
    scene = await DesktopScene.start();
  }, 120_000);
  afterEach(() => scene?.endTest());
  afterAll(() => scene?.stop());
  return () => {
    if (scene === null) throw new Error('the scene is not set yet');
    return scene;
  };
}

/** Says hello through a tunnel's port; gives what comes back. */
export const knock = (port: number): Promise<string> => sendAndRead(`127.0.0.1:${port}`, 'hello\n');

/** Clicks the button with this text until it is gone: a question that just came into view takes no input for a moment. */
export async function press(app: DesktopApp, button: string): Promise<void> {
  const click = `(() => {
    const found = [...document.querySelectorAll('button')].find((b) => b.textContent.replace('’', "'").trim() === ${JSON.stringify(button)});
    found?.click();
    return found === undefined;
  })()`;
  let wasThere = false;
  await until(
    async () => {
      const isGone = (await app.inPage('prompts.html', click)) === true;
      if (!isGone) wasThere = true;
      return wasThere && isGone;
    },
    { what: `the button "${button}" to work` },
  );
}

/** Types into the field of the question that fits, once it takes input. */
export async function type(app: DesktopApp, text: string, selector = 'input[data-answer]'): Promise<void> {
  const field = `document.querySelector(${JSON.stringify(selector)})`;
  await app.pageShows(
    'prompts.html',
    `!!${field} && !document.querySelector('[data-held]')`,
    'the field to take input',
  );
  await app.inPage(
    'prompts.html',
    `(() => { const field = ${field};
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(text)});
      field.dispatchEvent(new Event('input', { bubbles: true })); return true; })()`,
  );
}

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDemoKey } from '../../src/main/demo/demo-key.ts';
import { type DemoServer, OneTimeCode, startDemoServer } from '../../src/main/demo/ssh-server.ts';
import { blocksOf, type Page, page, pages, root } from '../support/docs.ts';
import { sendAndRead } from '../support/lines-server.ts';
import { trade } from '../support/panel-wire.ts';
import { freePort } from '../support/processes.ts';
import type { TestSshd } from '../support/sshd.ts';
import { makeTempFolder } from '../support/temp.ts';
import { onTerminal, type TerminalStep } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { echo, endSceneAfterEach, own, sshd } from './scene.ts';

/**
 * Every command in README.md and docs/, run as it stands there: through bash, page by page from top to bottom, each page in a home folder of
 * its own with real servers. Only names of servers, ports and codes are replaced. A command that is not known here fails the test.
 */

endSceneAfterEach();

/** Commands that set up the checkout: they are what runs this test, or are run by others; here they must only exist. */
const ofTheCheckout = ['npm ci', 'npm test', 'npm run demo', 'npm run build'];
/** Runs until it is ended. */
const engines = [
  'npx holdfast serve',
  'holdfast serve',
  'holdfast serve --panel',
  'HOLDFAST_ELECTRON=none holdfast app',
];
/** Engines that print a link to the panel. */
const panels = engines.slice(2);
/** What the pieces of a command line may begin with. */
const programs = new Set(['holdfast', 'npx', 'printf', 'source', '[']);

/** What is not as usual: run, expect 0. */
interface Manner {
  readonly exit?: number;
  /** At a terminal, with what a person types there. */
  readonly terminal?: readonly TerminalStep[];
  readonly input?: string;
  readonly before?: (stage: Stage) => Promise<void>;
  readonly after?: (stage: Stage, output: string) => Promise<void> | void;
}

/** A home folder with an engine, and the servers that the documents' names stand for. */
class Stage {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly server: TestSshd;
  readonly echoPort: number;
  readonly ports = new Map<string, number>();
  readonly otp = new OneTimeCode();
  vault: DemoServer | null = null;
  #engine: ChildProcess | null = null;

  private constructor(server: TestSshd, echoPort: number) {
    const folder = makeTempFolder();
    own(folder);
    this.home = folder.path;
    this.server = server;
    this.echoPort = echoPort;
    this.env = {
      PATH: `${this.home}/bin:${process.env['PATH'] ?? ''}`,
      HOME: this.home,
      XDG_RUNTIME_DIR: join(this.home, 'run'),
      EDITOR: 'true',
      LANG: 'C.UTF-8',
      TERM: 'xterm',
    };
    for (const name of ['bin', 'run', '.ssh', '.config', '.config/holdfast'])
      mkdirSync(join(this.home, name), { mode: 0o700 });
    const command = `exec '${process.execPath}' '${root}out/cli.js' "$@"`;
    this.#script('holdfast', command);
    this.#script('npx', `[ "$1" = holdfast ] || exit 99\nshift\n${command}`);
    copyFileSync(server.clientKey, join(this.home, '.ssh', 'id_ed25519'));
    chmodSync(join(this.home, '.ssh', 'id_ed25519'), 0o600);
  }

  static async make(): Promise<Stage> {
    const stage = new Stage(await sshd(), (await echo()).port);
    own({ dispose: () => stage.end() });
    for (const port of ['1080', '1081', '1143', '5432', '8080', '9000']) stage.ports.set(port, await freePort());
    return stage;
  }

  #script(name: string, text: string): void {
    writeFileSync(join(this.home, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  /** The documents' words with what they stand for here. */
  real(text: string): string {
    const { port, user } = this.server;
    let out = text
      .replaceAll(
        /--address (?:bastion|edge)\.example\.org --user me/g,
        `--address 127.0.0.1 --port ${port} --user ${user}`,
      )
      .replaceAll(/^address = "[a-z]+\.example\.org"$/gm, `address = "127.0.0.1"\nport = ${port}`)
      .replaceAll(/^user = "me"$/gm, `user = "${user}"`)
      .replaceAll(/\b[a-z]+\.internal:\d+/g, `127.0.0.1:${this.echoPort}`)
      .replaceAll('123456', this.otp.current);
    for (const [documented, free] of this.ports)
      out = out.replaceAll(new RegExp(`\\b${documented}\\b`, 'g'), `${free}`);
    return out;
  }

  /** A configuration before the page's first command, and an engine that runs it. */
  async begin(config: string): Promise<void> {
    writeFileSync(join(this.home, '.config/holdfast/config.toml'), config, { mode: 0o600 });
    await this.serve('holdfast serve');
  }

  host(name: string, extra = ''): string {
    return `[hosts.${name}]\naddress = "127.0.0.1"\nport = ${this.server.port}\nuser = "${this.server.user}"\n${extra}\n`;
  }

  tunnel(name: string, host: string, start: string): string {
    const forward = `local 127.0.0.1:0 -> 127.0.0.1:${this.echoPort}`;
    return `[tunnels.${name}]\nhost = "${host}"\nstart = "${start}"\nforwards = ["${forward}"]\n`;
  }

  trust(...lines: string[]): void {
    const text = lines.length > 0 ? lines.join('\n') : this.server.knownHostsLine();
    writeFileSync(join(this.home, '.ssh', 'known_hosts'), `${text}\n`, { mode: 0o600 });
  }

  /** Starts an engine in place of the one before; resolves with what it says on standard output, a link to the panel included. */
  async serve(line: string): Promise<string> {
    await this.end();
    const withExec = line.replace(/^(?:[A-Z_]+=\S+ )*/, (assignments) => `${assignments}exec `);
    const child = spawn('bash', ['-c', withExec], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#engine = child;
    return new Promise((resolve, reject) => {
      let said = '';
      let printed = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (!panels.includes(line) || linkIn(printed) !== null) resolve(printed);
      });
      child.once('exit', (code) => reject(new Error(`${line} ended with ${code}: ${said}`)));
    });
  }

  end(): Promise<void> {
    const child = this.#engine;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  }

  async run(line: string, { terminal, input = '' }: Manner = {}): Promise<{ code: number | null; output: string }> {
    if (terminal) {
      const { code, screen } = await onTerminal(['bash', '-c', line], this.env, terminal);
      return { code, output: screen };
    }
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-o', 'pipefail', '-c', line], { env: this.env });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }

  async json<T>(line: string): Promise<T> {
    const { code, output } = await this.run(`${line} --json`);
    if (code !== 0) throw new Error(`${line}: ${output}`);
    return JSON.parse(output) as T;
  }

  async reach(tunnel: string, state: string): Promise<void> {
    let rows: { name: string; state: string }[] = [];
    await until(
      async () => {
        rows = await this.json('holdfast status');
        return rows.some((row) => row.name === tunnel && row.state === state);
      },
      { what: `${tunnel} to be ${state}`, timeoutMs: 20_000, seen: () => rows },
    );
  }

  /** Waits for the question that a documented `answer ID …` is about, and puts its id in the line. */
  async withPrompt(line: string): Promise<string> {
    const kinds = / (?:yes|no|once)\b/.test(line)
      ? ['host-key']
      : / --cancel/.test(line)
        ? ['host-key', 'otp']
        : ['otp'];
    let open: { id: string; kind: string }[] = [];
    await until(
      async () => {
        open = await this.json('holdfast prompts');
        return open.some(({ kind }) => kinds.includes(kind));
      },
      { what: `a question for: ${line}`, timeoutMs: 20_000, seen: () => open },
    );
    const id = open.find(({ kind }) => kinds.includes(kind))?.id ?? '';
    return line.replace(/\banswer \d+/, `answer ${id}`);
  }
}

/** The lines of a page's sh blocks, and the holdfast part of those in other shells. */
function commandsOf(of: Page): string[] {
  return blocksOf(of).flatMap(({ language, text, line }) => {
    if (['toml', 'json'].includes(language)) return [];
    if (['zsh', 'fish', 'powershell'].includes(language)) {
      const inside = /holdfast completion [a-z]+/.exec(text)?.[0];
      if (inside === undefined) throw new Error(`${of.path}:${line}: nobody knows how to run this ${language}`);
      return [inside];
    }
    if (language === '') return [];
    if (language !== 'sh') throw new Error(`${of.path}:${line}: nobody knows how to run ${language}`);
    return text.split('\n').filter((each) => each.trim() !== '' && !each.startsWith('#'));
  });
}

function assertKnown(line: string): void {
  const pieces = line.replace(/\s#.*$/, '').split(/&&|\|\|?|[;{}]/);
  for (const piece of pieces.map((each) => each.trim()).filter((each) => each !== '')) {
    if (!programs.has(piece.split(' ')[0] ?? '')) throw new Error(`nobody knows how to run: ${line}`);
  }
}

async function play(of: Page, stage: Stage, manners: Readonly<Record<string, Manner>> = {}): Promise<void> {
  const lines = commandsOf(of);
  const unused = Object.keys(manners).filter((line) => !lines.includes(line));
  expect(unused, 'manners of commands that are not on the page').toEqual([]);
  for (const line of lines) {
    if (line.split(' && ').every((each) => ofTheCheckout.includes(each))) continue;
    if (engines.includes(line)) {
      const said = await stage.serve(line);
      if (panels.includes(line)) await opensOnce(said);
      continue;
    }
    assertKnown(line);
    const manner = manners[line] ?? {};
    await manner.before?.(stage);
    const real = stage.real(line);
    const ready = /\banswer \d+/.test(real) ? await stage.withPrompt(real) : real;
    const { code, output } = await stage.run(ready, manner);
    expect({ line, code, output: code === (manner.exit ?? 0) ? '' : output }).toEqual({
      line,
      code: manner.exit ?? 0,
      output: '',
    });
    await manner.after?.(stage, output);
  }
}

function linkIn(said: string): string | null {
  return /^(?:panel: )?(http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/#link=[0-9a-f]{64})$/m.exec(said)?.[1] ?? null;
}

/** The printed link leads to the window, once. */
async function opensOnce(said: string): Promise<void> {
  const link = linkIn(said) ?? '';
  const page = await fetch(link);
  expect(await page.text()).toContain('<title>Holdfast</title>');
  expect(await trade(link)).not.toBeNull();
  expect(await trade(link)).toBeNull();
}

const yes: readonly TerminalStep[] = [{ see: 'Trust it', type: 'yes\n' }];

describe('the documented commands work as they stand there', () => {
  it('README.md: a first tunnel from nothing, and bytes through it', async () => {
    const stage = await Stage.make();
    await play(page('README.md'), stage, {
      'npx holdfast up db --wait': {
        terminal: yes,
        after: async () => {
          expect(await sendAndRead(`127.0.0.1:${stage.ports.get('5432') ?? 0}`, 'hello')).toBe('hello');
        },
      },
      'npx holdfast status': { after: (_stage, output) => expect(output).toMatch(/db\s+● RUNNING/) },
    });
  });

  it('docs/commands.md', async () => {
    const stage = await Stage.make();
    const fresh = (name: string): string => stage.host(name, `known-hosts = ["${name}_hosts"]`);
    stage.vault = await demoServer(stage);
    stage.trust(stage.server.knownHostsLine(), ...(await vaultLine(stage)));
    await stage.begin(
      `${fresh('new')}${fresh('other')}${vaultHost(stage)}${stage.tunnel('db', 'new', 'manual')}${stage.tunnel('later', 'other', 'login')}${stage.tunnel('code', 'vault', 'login')}`,
    );
    await play(page('docs/commands.md'), stage, {
      'holdfast up db --wait || { [ $? -eq 5 ] && holdfast prompts --json; }': {
        after: (_stage, output) => expect(output).toContain('"host-key"'),
      },
    });
  });

  it('docs/panel.md: links that work once', async () => {
    const stage = await Stage.make();
    await stage.begin(stage.host('bastion') + stage.tunnel('db', 'bastion', 'manual'));
    await play(page('docs/panel.md'), stage, {
      'holdfast panel': { after: (_stage, output) => opensOnce(output) },
    });
  });

  it('docs/forwards.md, with its configuration', async () => {
    const stage = await Stage.make();
    stage.trust();
    const config = blocksOf(page('docs/forwards.md')).find(({ language }) => language === 'toml');
    await stage.begin(stage.real(config?.text ?? ''));
    await play(page('docs/forwards.md'), stage, {
      'holdfast status office': { after: (_stage, output) => expect(output).toContain('● RUNNING') },
      'holdfast stats office': { before: () => stage.reach('office', 'listening') },
    });
  });

  it('docs/prompts-and-host-keys.md: first contact, a code, a changed key, the vault', async () => {
    const stage = await Stage.make();
    stage.vault = await demoServer(stage);
    stage.trust(...(await vaultLine(stage)));
    await stage.begin(
      `[settings]\nsecret-store = "vault"\n${stage.host('bastion')}${vaultHost(stage)}${stage.tunnel('db', 'bastion', 'manual')}${stage.tunnel('vault', 'vault', 'manual')}`,
    );
    const passphrase: Manner = { input: 'correct horse\n' };
    await play(page('docs/prompts-and-host-keys.md'), stage, {
      'holdfast answer 1 yes': { after: () => stage.reach('db', 'running') },
      "printf '%s\\n' 123456 | holdfast answer 2": { after: () => stage.reach('vault', 'running') },
      'holdfast known-hosts remove bastion': {
        before: async () => {
          stage.server.replaceHostKeys();
          await stage.server.restart();
          await stage.reach('db', 'dead');
        },
      },
      'holdfast vault create': passphrase,
      'holdfast vault unlock': passphrase,
    });
    expect(readFileSync(join(stage.home, '.ssh', 'known_hosts'), 'utf8')).not.toContain(`:${stage.server.port}`);
  });

  it('docs/troubleshooting.md', async () => {
    const stage = await Stage.make();
    stage.trust();
    await stage.begin(stage.host('bastion') + stage.tunnel('db', 'bastion', 'login'));
    await play(page('docs/troubleshooting.md'), stage);
  });

  it('docs/importing.md', async () => {
    const stage = await Stage.make();
    writeFileSync(
      join(stage.home, '.ssh', 'config'),
      'Host work\n  HostName work.example.org\nHost db\n  LocalForward 5432 db.internal:5432\n',
      { mode: 0o600 },
    );
    await play(page('docs/importing.md'), stage, {
      'holdfast import ssh-config --dry-run': {
        after: (_stage, output) => expect(output).toContain('address = "work.example.org"'),
      },
      'holdfast show db --as-ssh': {
        after: (_stage, output) => expect(output).toMatch(/^ssh -N -L \d+:db\.internal:\d+ db\n$/),
      },
    });
  });

  it('the other pages have no commands, and those of the checkout are there', () => {
    const played = [
      'README.md',
      'docs/commands.md',
      'docs/forwards.md',
      'docs/importing.md',
      'docs/panel.md',
      'docs/prompts-and-host-keys.md',
      'docs/troubleshooting.md',
    ];
    for (const other of pages().filter(({ path }) => !played.includes(path))) expect(commandsOf(other)).toEqual([]);
    const { scripts, bin } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      scripts: Record<string, string>;
      bin: Record<string, string>;
    };
    for (const line of ofTheCheckout) {
      const name = line.replace(/^npm (?:run )?/, '');
      if (name !== 'ci') expect(scripts).toHaveProperty(name);
    }
    expect(bin).toEqual({ holdfast: 'out/cli.js' });
    expect(scripts['start']).toContain('scripts/start.mjs');
  });

  it('npx finds the command of the checkout', async () => {
    const ran = await new Promise<string>((resolve, reject) => {
      const child = spawn('npx', ['--no-install', 'holdfast', 'version'], { cwd: root });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.once('error', reject);
      child.once('close', () => resolve(output));
    });
    expect(ran).toMatch(/^holdfast \d+\.\d+\.\d+\n$/);
  });
});

const demoKeys = new WeakMap<Stage, { private: string; public: string }>();

/** Stands for a server that asks for a one-time code. */
async function demoServer(stage: Stage): Promise<DemoServer> {
  const key = makeDemoKey();
  demoKeys.set(stage, key);
  return own(await startDemoServer({ hostKey: key.private, login: { kind: 'otp', otp: stage.otp } }));
}

function vaultLine(stage: Stage): Promise<string[]> {
  return Promise.resolve([`[127.0.0.1]:${stage.vault?.port ?? 0} ${demoKeys.get(stage)?.public ?? ''}`]);
}

function vaultHost(stage: Stage): string {
  return `[hosts.vault]\naddress = "127.0.0.1"\nport = ${stage.vault?.port ?? 0}\nuser = "me"\n`;
}

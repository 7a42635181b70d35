// Everything that runs in the bench, on 127.0.0.1 and in a temp folder of its own: sshd, the service behind it, our engine, ssh and autossh.
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Both sides use it because the server takes no other. It is the first choice of Holdfast. */
export const cipher = 'aes128-gcm@openssh.com';

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));
const peerScript = fileURLToPath(new URL('peer.mjs', import.meta.url));

const needed = [
  { program: 'sshd', package: 'openssh-server' },
  { program: 'ssh', package: 'openssh-client' },
  { program: 'ssh-keygen', package: 'openssh-client' },
  { program: 'autossh', package: 'autossh' },
];

function find(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      if (folder !== '') return join(folder, name);
    } catch {
      // Not there.
    }
  }
  return null;
}

/** What keeps the bench from running here, in words; null: nothing. */
export function whatIsMissing() {
  if (process.platform !== 'linux') return 'The bench needs Linux: memory and CPU are read from /proc.';
  if (!existsSync(command)) return 'The engine is not built. Run: npm run bench (it builds first), or npm run build.';
  const missing = needed.filter(({ program }) => find(program) === null);
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((item) => item.package))].join(' ');
  return `The bench needs ${missing.map((item) => item.program).join(', ')}. On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${packages}`;
}

export class Scene {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  #children = [];

  static async make() {
    const scene = new Scene();
    try {
      await scene.#start();
      return scene;
    } catch (error) {
      await scene.end();
      throw error;
    }
  }

  async #start() {
    this.peer = this.#spawn(process.execPath, [peerScript], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.targets = JSON.parse(await firstLine(this.peer));
    for (const name of ['client', 'host']) this.#keygen(name);
    this.sshdPort = await freePort();
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    writeFileSync(
      this.#file('sshd_config'),
      [
        `ListenAddress 127.0.0.1:${this.sshdPort}`,
        `HostKey ${this.#file('host')}`,
        `AuthorizedKeysFile ${this.#file('client.pub')}`,
        `Ciphers ${cipher}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PermitRootLogin yes',
        'UseDNS no',
        'MaxStartups 500',
        'LogLevel QUIET',
        '',
      ].join('\n'),
    );
    const said = spawnSync(find('sshd'), ['-V'], { encoding: 'utf8' });
    const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec(said.stderr + said.stdout) ?? [];
    this.opensshVersion = `${major}.${minor}`;
    if (Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 8))
      writeFileSync(this.#file('sshd_config'), 'PerSourcePenalties no\n', { flag: 'a' });
    const key = readFileSync(this.#file('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(this.#file('known_hosts'), `[127.0.0.1]:${this.sshdPort} ${key}\nbench-* ${key}\n`, { mode: 0o600 });
    this.sshd = this.#spawn(find('sshd'), ['-D', '-e', '-f', this.#file('sshd_config')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await answering(this.sshdPort);
  }

  #file(name) {
    return join(this.folder, name);
  }

  #keygen(name) {
    const made = spawnSync(find('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', this.#file(name)]);
    if (made.status !== 0) throw new Error('ssh-keygen made no key');
  }

  #spawn(program, args, options) {
    const child = spawn(program, args, options);
    child.on('error', () => {});
    this.#children.push(child);
    return child;
  }

  /** Options of ssh that match what the engine does: key, host key, keepalive, nothing from the machine's configuration. */
  #sshArgs(forwards) {
    const options = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      `UserKnownHostsFile=${this.#file('known_hosts')}`,
      'GlobalKnownHostsFile=/dev/null',
      'StrictHostKeyChecking=yes',
      'UpdateHostKeys=no',
      `Ciphers=${cipher}`,
      'Compression=no',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=3',
      'ExitOnForwardFailure=yes',
    ].flatMap((option) => ['-o', option]);
    const where = ['-p', String(this.sshdPort), '-l', userInfo().username, '127.0.0.1'];
    return [
      '-F',
      'none',
      '-N',
      '-i',
      this.#file('client'),
      ...options,
      ...forwards.flatMap((spec) => ['-L', spec]),
      ...where,
    ];
  }

  /** One `ssh -N -L … -L … -L …`. */
  async ssh() {
    const ports = { source: await freePort(), sink: await freePort(), echo: await freePort() };
    const forwards = Object.entries(ports).map(([name, port]) => `127.0.0.1:${port}:127.0.0.1:${this.targets[name]}`);
    const child = this.#spawn(find('ssh'), this.#sshArgs(forwards), { stdio: ['ignore', 'ignore', 'inherit'] });
    await Promise.all(Object.values(ports).map(answering));
    return { pid: child.pid, ports };
  }

  /** Our engine with one tunnel of three forwards. */
  async holdfast() {
    const specs = Object.values(this.targets).map((port) => `local 127.0.0.1:0 -> 127.0.0.1:${port}`);
    const engine = await this.#engine('transfer', `${this.#hostTable('box')}${tunnelTable('bench', 'box', specs)}`);
    const [row] = await engine.running();
    const [source, sink, echo] = row.forwards.map(({ listen }) => Number(listen.split(':').at(-1)));
    return { pid: engine.pid, ports: { source, sink, echo } };
  }

  /** One engine with `count` idle tunnels, over one login or each over its own. */
  async idleEngine(count, isShared) {
    let config = isShared ? this.#hostTable('box') : '';
    for (let at = 0; at < count; at += 1) {
      // Another alias makes it another connection for the pool.
      if (!isShared) config += this.#hostTable(`box${at}`, `host-key-alias = "bench-${at}"`);
      config += tunnelTable(`idle${at}`, isShared ? 'box' : `box${at}`, [
        `local 127.0.0.1:0 -> 127.0.0.1:${this.targets.echo}`,
      ]);
    }
    const engine = await this.#engine(isShared ? 'shared' : 'each', config);
    await engine.running();
    return engine;
  }

  /** `count` times autossh with an idle `ssh -N -L`. */
  async idleAutossh(count) {
    const pids = [];
    const ports = [];
    for (let at = 0; at < count; at += 1) {
      const port = await freePort();
      ports.push(port);
      const args = ['-M', '0', ...this.#sshArgs([`127.0.0.1:${port}:127.0.0.1:${this.targets.echo}`])];
      const env = { ...process.env, AUTOSSH_PATH: find('ssh'), AUTOSSH_GATETIME: '0' };
      pids.push(this.#spawn(find('autossh'), args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).pid);
    }
    await Promise.all(ports.map(answering));
    return pids;
  }

  #hostTable(name, extra = '') {
    return `[hosts.${name}]\naddress = "127.0.0.1"\nport = ${this.sshdPort}\nuser = "${userInfo().username}"\nidentity = ["${this.#file('client')}"]\nagent = false\nknown-hosts = ["${this.#file('known_hosts')}"]\nhost-key-policy = "strict"\nupdate-host-keys = false\n${extra}\n`;
  }

  async #engine(name, config) {
    const home = this.#file(name);
    for (const folder of ['', 'run']) mkdirSync(join(home, folder), { mode: 0o700 });
    const file = join(home, 'config.toml');
    writeFileSync(file, config, { mode: 0o600 });
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_STATE_HOME: join(home, 'state'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      LANG: 'C.UTF-8',
    };
    const child = this.#spawn(process.execPath, [command, 'serve', '--config', file], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await firstLine(child);
    return {
      pid: child.pid,
      /** Rows of `status`, once all are running. */
      async running() {
        const endAt = performance.now() + 120_000;
        for (;;) {
          const ran = spawnSync(process.execPath, [command, 'status', '--config', file, '--json'], {
            env,
            encoding: 'utf8',
          });
          const rows = ran.status === 0 ? JSON.parse(ran.stdout) : [];
          if (rows.length > 0 && rows.every((row) => row.state === 'running')) return rows;
          if (performance.now() > endAt)
            throw new Error(`the tunnels do not run: ${ran.stderr}${JSON.stringify(rows[0])}`);
          await sleep(100);
        }
      },
    };
  }

  /** Ends these processes (and they what they started), and waits. */
  async stop(pids) {
    const running = this.#children.filter(
      (child) => pids.includes(child.pid) && child.exitCode === null && child.signalCode === null,
    );
    const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGTERM');
    await Promise.all(ended);
  }

  /** Ends everything, waits, and removes the folder. */
  async end() {
    await this.stop(this.#children.map(({ pid }) => pid));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function tunnelTable(name, host, specs) {
  return `[tunnels.${name}]\nhost = "${host}"\nstart = "login"\nforwards = ${JSON.stringify(specs)}\n`;
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

let nextPort = 20_000 + Math.floor(Math.random() * 10_000);

/** A free port below those that the system gives to outgoing connections: hundreds of ours come and go meanwhile. */
async function freePort() {
  for (;;) {
    const port = nextPort;
    nextPort = nextPort >= 31_999 ? 20_000 : nextPort + 1;
    const isFree = await new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Waits until somebody takes connections at the port. */
async function answering(port) {
  const endAt = performance.now() + 60_000;
  for (;;) {
    const isThere = await new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    if (performance.now() > endAt) throw new Error(`nobody answers at port ${port}`);
    await sleep(50);
  }
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const end = said.indexOf('\n');
      if (end !== -1) resolve(said.slice(0, end));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with ${code} before it said anything`)));
  });
}

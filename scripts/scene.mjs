// The scene of the pictures in assets/: a real engine of its own folder, with tunnels over a real sshd.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../out/cli.js', import.meta.url));

/** Another program holds the busy port; nothing listens at the closed one. */
export const busyPort = 3000;
export const closedPort = 2222;

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A host of the configuration, with the client's key of the scene; `knownHosts` is a file of its folder. */
export function hostText(name, port, knownHosts) {
  return `[hosts.${name}]
address = "127.0.0.1"
port = ${port}
user = "${userInfo().username}"
identity = ["client"]
agent = false
known-hosts = ["${knownHosts}"]
`;
}

/** Sets a scene, lets `play` use it, and ends all of it whatever comes. */
export async function withScene(play) {
  const scene = new Scene();
  try {
    await play(scene);
  } finally {
    await scene.end();
  }
}

class Scene {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-scene-'));
  #config = join(this.folder, 'config.toml');
  #env = {
    PATH: process.env.PATH,
    HOME: this.folder,
    XDG_STATE_HOME: join(this.folder, 'state'),
    HOLDFAST_SOCKET: join(this.folder, 'control.sock'),
    LANG: 'en_US.UTF-8',
  };
  /** @type {(() => unknown)[]} */
  #ends = [() => rmSync(this.folder, { recursive: true, force: true })];

  /** What ends a part of the scene; the last part ends first. */
  onEnd(end) {
    this.#ends.push(end);
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
  }

  /** Runs the command and gives what it prints. */
  holdfast(...args) {
    const ran = spawnSync(process.execPath, [command, '--config', this.#config, ...args], {
      env: this.#env,
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${ran.status}: ${ran.stderr}`);
    return ran.stdout;
  }

  /** Starts the engine with this configuration. */
  async serve(configuration) {
    writeFileSync(this.#config, configuration, { mode: 0o600 });
    const engine = spawn(process.execPath, [command, '--config', this.#config, 'serve'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => engine.once('exit', resolve));
    this.onEnd(async () => {
      engine.kill();
      await ended;
    });
    await new Promise((resolve, reject) => {
      engine.stdout.once('data', resolve);
      engine.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
    });
  }

  /** Waits for a state of a tunnel; `otherwise` is tried each time that it retries without fitting. */
  async reach(name, fits, otherwise = null) {
    for (const end = Date.now() + 60_000; ; ) {
      const row = JSON.parse(this.holdfast('status', '--json')).find((each) => each.name === name);
      if (fits(row)) return;
      if (Date.now() > end) throw new Error(`${name} did not come to its state: ${JSON.stringify(row, null, 1)}`);
      if (otherwise !== null && row.state === 'retrying') this.holdfast(...otherwise);
      await pause(300);
    }
  }

  /** A program of this machine that listens; by itself it hangs up on whoever comes. */
  async listen(port, onClient = (socket) => socket.destroy()) {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      onClient(socket);
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.onEnd(() => server.close());
  }

  /** A real sshd of the user who runs this, on a free port. Makes `host` and `client` (keys) and `known_hosts` in the folder; gives its port. */
  async startSshd() {
    const { folder } = this;
    for (const name of ['host', 'client']) {
      const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
      if (made.status !== 0) throw new Error('ssh-keygen is needed (Debian: openssh-client)');
    }
    const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));
    if (program === undefined) throw new Error('sshd is needed (Debian: openssh-server)');
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const free = createServer();
    await new Promise((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address();
    await new Promise((resolve) => free.close(resolve));
    writeFileSync(
      join(folder, 'sshd_config'),
      `ListenAddress 127.0.0.1:${port}\nHostKey ${folder}/host\nAuthorizedKeysFile ${folder}/client.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n`,
    );
    const sshd = spawn(program, ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.onEnd(() => sshd.kill());
    await new Promise((resolve, reject) => {
      let said = '';
      sshd.stderr.on('data', (text) => {
        said += text;
        if (said.includes('Server listening on')) resolve();
      });
      sshd.once('exit', () => reject(new Error(`sshd does not start: ${said}`)));
    });
    const [type, blob] = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ');
    appendFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${type} ${blob}\n`, { mode: 0o600 });
    return port;
  }
}

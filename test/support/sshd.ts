/**
 * support: real servers and helpers for the tests.
 *
 * - sshd.ts            `startSshd(options)`: OpenSSH's sshd on a free port of 127.0.0.1
 * - pam-sshd.ts        `startPamSshd(options)`: one with one-time codes and passwords through PAM (root only, see `canUsePam`)
 * - dropbear.ts        `startDropbear(options)`: dropbear
 * - openssh-client.ts  `runSsh`, `startAgent`, `makeCertificate`: the real client programs
 * - ssh-keys.ts        `makeKey(file, options)`, `fingerprintOf(publicLine)`
 * - processes.ts       `findProgram`, `needProgram`, `freePort`, `run`, `childrenOf`, `killTree`
 * - temp.ts            `tempFolder()` (for the running test), `makeTempFolder()` (disposed of by hand)
 * - until.ts           `until(condition, { what, timeoutMs, seen })`
 *
 * Usage: `const server = await startSshd(); … server.port, server.user, server.clientKey, server.knownHostsLine() … await server.stop();`
 * A server that a test forgets dies with the test process.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import {
  childrenOf,
  descendantsOf,
  endServer,
  freePort,
  needProgram,
  type ServerProcess,
  signalProcess,
  startServer,
} from './processes.ts';
import { cachedKey, fingerprintOf, type KeyType, makeKey } from './ssh-keys.ts';
import { makeTempFolder, type TempFolder } from './temp.ts';
import { until } from './until.ts';

export interface SshdOptions {
  /** A fixed port; default: a free one. */
  readonly port?: number;
  /** Addresses to listen on; default 127.0.0.1 alone. */
  readonly listen?: readonly string[];
  /** Host keys to have, in this order; default all three. */
  readonly hostKeyTypes?: readonly KeyType[];
  /** True: host keys of its own instead of the ones shared by all servers of this process. */
  readonly freshHostKeys?: boolean;
  /** Public lines (with options in front, if wanted) beside or instead of `clientKey`; default: the client key. */
  readonly authorizedKeys?: readonly string[];
  /** sshd's AuthenticationMethods, like `publickey,keyboard-interactive`. */
  readonly authenticationMethods?: string;
  /** sshd's RekeyLimit, like `1M` or `default 10s`. */
  readonly rekeyLimit?: string;
  readonly maxAuthTries?: number;
  /** Public line of a CA whose user certificates are accepted. */
  readonly trustedUserCa?: string;
  readonly allowTcpForwarding?: 'yes' | 'no' | 'local' | 'remote';
  /** `host:port` patterns that `-L` and `-D` may reach. */
  readonly permitOpen?: readonly string[];
  /** `[host:]port` that `-R` may bind. */
  readonly permitListen?: readonly string[];
  readonly gatewayPorts?: 'yes' | 'no' | 'clientspecified';
  /** Text shown before authentication. */
  readonly banner?: string;
  /** Further lines of sshd_config; they win over everything above (sshd takes the first value). A function gets the server's folder. */
  readonly config?: readonly string[] | ((folder: string) => readonly string[]);
  /** sshd's LogLevel; default VERBOSE. */
  readonly logLevel?: 'INFO' | 'VERBOSE' | 'DEBUG' | 'DEBUG2' | 'DEBUG3';
  /** The program; default: the sshd of the system. */
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A running sshd. */
export interface TestSshd {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Who may log in: the current user. */
  readonly user: string;
  /** Private key file that is authorised. */
  readonly clientKey: string;
  /** Its public line. */
  readonly clientKeyLine: string;
  /** Its own folder: sshd_config, keys, authorized_keys. */
  readonly folder: string;
  readonly pid: number;
  /** Public lines (`type base64`) by type. */
  readonly hostKeys: Readonly<Partial<Record<KeyType, string>>>;
  /** `SHA256:…` of a host key; default ed25519. */
  fingerprint(type?: KeyType): string;
  /** `[127.0.0.1]:port type base64`; default the first host key. */
  knownHostsLine(type?: KeyType, name?: string): string;
  /** Everything that sshd said since the first start. */
  log(): string;
  /** Waits for text in the log. */
  logged(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** Pids of the children that serve connections. */
  sessions(): number[];
  /** Ends the connections alone, as a crash of their processes would; the listener stays. */
  killSessions(signal?: NodeJS.Signals): void;
  /** Ends listener and connections with this signal (default SIGKILL) and waits. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops every process of the server where it is: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  /** Starts again on the same port, ending what still runs. */
  restart(): Promise<void>;
  /** Other host keys from the next start on. */
  replaceHostKeys(types?: readonly KeyType[]): void;
  /** Replaces authorized_keys at once. */
  setAuthorizedKeys(lines: readonly string[]): void;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** sshd refuses to start as root without its empty privilege separation folder. */
export function ensurePrivsepFolder(): void {
  if (process.getuid?.() === 0 && process.platform === 'linux' && !existsSync('/run/sshd')) {
    mkdirSync('/run/sshd', { recursive: true });
    chmodSync('/run/sshd', 0o755);
  }
}

/** OpenSSH's version as a number: 9.2 gives 9.02. */
export function sshdVersion(program: string): number {
  const said = spawnSync(program, ['-V'], { encoding: 'utf8' });
  const match = /OpenSSH_(\d+)\.(\d+)/.exec(`${said.stderr}${said.stdout}`);
  return match ? Number(match[1]) + Number(match[2]) / 100 : 0;
}

/** Starts an sshd; resolves when it listens. Fails with what it said if it does not start. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const program = options.program ?? needProgram('sshd', 'openssh-server');
  ensurePrivsepFolder();
  const folder = makeTempFolder('holdfast-sshd-');
  const server = new Sshd(program, options, folder);
  try {
    await server.start();
  } catch (error) {
    folder.dispose();
    throw error;
  }
  return server;
}

class Sshd implements TestSshd {
  readonly user = userInfo().username;
  readonly clientKey: string;
  readonly clientKeyLine: string;
  readonly #program: string;
  readonly #options: SshdOptions;
  readonly #folder: TempFolder;
  readonly #version: number;
  #hostKeys: Partial<Record<KeyType, string>> = {};
  #process: ServerProcess | null = null;
  #port: number;
  #oldLogs = '';

  constructor(program: string, options: SshdOptions, folder: TempFolder) {
    this.#program = program;
    this.#options = options;
    this.#folder = folder;
    this.#port = options.port ?? 0;
    this.#version = sshdVersion(program);
    this.clientKey = folder.file('client_key');
    this.clientKeyLine = cachedKey('client', 'ed25519', this.clientKey);
    this.setAuthorizedKeys(options.authorizedKeys ?? [this.clientKeyLine]);
    if (options.trustedUserCa !== undefined) writeFileSync(folder.file('user_ca.pub'), `${options.trustedUserCa}\n`);
    if (options.banner !== undefined) writeFileSync(folder.file('banner'), options.banner);
    const types = options.hostKeyTypes ?? ['ed25519', 'ecdsa', 'rsa'];
    if (options.freshHostKeys) this.replaceHostKeys(types);
    else for (const type of types) this.#hostKeys[type] = cachedKey('host', type, folder.file(`host_${type}`));
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get folder(): string {
    return this.#folder.path;
  }

  get pid(): number {
    if (this.#process === null) throw new Error('this sshd does not run');
    return this.#process.pid;
  }

  get hostKeys(): Readonly<Partial<Record<KeyType, string>>> {
    return this.#hostKeys;
  }

  fingerprint(type?: KeyType): string {
    return fingerprintOf(this.#hostKey(type));
  }

  knownHostsLine(type?: KeyType, name = `[127.0.0.1]:${this.#port}`): string {
    return `${name} ${this.#hostKey(type)}`;
  }

  #hostKey(type?: KeyType): string {
    const line = type === undefined ? Object.values(this.#hostKeys)[0] : this.#hostKeys[type];
    if (line === undefined) throw new Error(`this sshd has no host key ${type ?? 'at all'}`);
    return line.split(' ').slice(0, 2).join(' ');
  }

  log(): string {
    return this.#oldLogs + (this.#process?.log() ?? '');
  }

  async logged(pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    await until(() => pattern.test(this.log()), { what: `sshd to log ${pattern}`, timeoutMs, seen: () => this.log() });
  }

  sessions(): number[] {
    return this.#process === null ? [] : childrenOf(this.#process.pid);
  }

  killSessions(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#process === null) return;
    for (const pid of descendantsOf(this.#process.pid)) signalProcess(pid, signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#process;
    if (running === null) return;
    this.#process = null;
    await endServer(running, signal);
    this.#oldLogs += running.log();
  }

  freeze(): void {
    for (const pid of this.#all()) signalProcess(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#all()) signalProcess(pid, 'SIGCONT');
  }

  #all(): number[] {
    return this.#process === null ? [] : [this.#process.pid, ...descendantsOf(this.#process.pid)];
  }

  async restart(): Promise<void> {
    await this.kill('SIGKILL');
    await this.start();
  }

  replaceHostKeys(types: readonly KeyType[] = ['ed25519', 'ecdsa', 'rsa']): void {
    const folder = makeTempFolder('holdfast-sshd-keys-');
    this.#hostKeys = {};
    for (const type of types) {
      const name = `host_${type}`;
      // ssh-keygen asks before it overwrites: make the key elsewhere, then copy.
      this.#hostKeys[type] = makeKey(folder.file(name), { type, comment: name });
      copyFileSync(folder.file(name), this.#folder.file(name));
      copyFileSync(folder.file(`${name}.pub`), this.#folder.file(`${name}.pub`));
    }
    folder.dispose();
  }

  setAuthorizedKeys(lines: readonly string[]): void {
    writeFileSync(this.#folder.file('authorized_keys'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    this.#folder.dispose();
  }

  /** Starts; a free port that somebody took meanwhile is replaced, a fixed one is waited for. */
  async start(): Promise<void> {
    const fixed = this.#port !== 0;
    for (let attempt = 1; ; attempt += 1) {
      if (!fixed) this.#port = await freePort();
      writeFileSync(this.#folder.file('sshd_config'), this.#config());
      const running = startServer(
        this.#program,
        ['-D', '-e', '-f', this.#folder.file('sshd_config')],
        this.#options.env,
      );
      this.#process = running;
      const listeners = this.#options.listen?.length ?? 1;
      await until(() => running.hasExited() || countOf(running.log(), 'Server listening on') >= listeners, {
        what: 'sshd to listen',
        timeoutMs: 20_000,
        seen: running.log,
      });
      if (!running.hasExited()) return;
      this.#process = null;
      this.#oldLogs += running.log();
      const taken = running.log().includes('Address already in use');
      if (!taken || attempt >= 5) throw new Error(`sshd did not start: ${running.log()}`);
      if (fixed) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  #config(): string {
    const { config, ...options } = this.#options;
    const lines: string[] = [...(typeof config === 'function' ? config(this.folder) : (config ?? []))];
    for (const address of options.listen ?? ['127.0.0.1'])
      lines.push(`ListenAddress ${address.includes(':') ? `[${address}]` : address}:${this.#port}`);
    for (const type of Object.keys(this.#hostKeys)) lines.push(`HostKey ${this.#folder.file(`host_${type}`)}`);
    if (options.authenticationMethods !== undefined)
      lines.push(`AuthenticationMethods ${options.authenticationMethods}`);
    if (options.rekeyLimit !== undefined) lines.push(`RekeyLimit ${options.rekeyLimit}`);
    if (options.maxAuthTries !== undefined) lines.push(`MaxAuthTries ${options.maxAuthTries}`);
    if (options.trustedUserCa !== undefined) lines.push(`TrustedUserCAKeys ${this.#folder.file('user_ca.pub')}`);
    if (options.permitOpen !== undefined) lines.push(`PermitOpen ${options.permitOpen.join(' ') || 'none'}`);
    if (options.permitListen !== undefined) lines.push(`PermitListen ${options.permitListen.join(' ') || 'none'}`);
    if (options.banner !== undefined) lines.push(`Banner ${this.#folder.file('banner')}`);
    lines.push(
      `AllowTcpForwarding ${options.allowTcpForwarding ?? 'yes'}`,
      `GatewayPorts ${options.gatewayPorts ?? 'clientspecified'}`,
      'AllowStreamLocalForwarding yes',
      `AuthorizedKeysFile ${this.#folder.file('authorized_keys')}`,
      `LogLevel ${options.logLevel ?? 'VERBOSE'}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'PrintMotd no',
      'UseDNS no',
      // Many connections at once, and many failed logins, are what tests are about.
      'MaxStartups 200',
      'Subsystem sftp internal-sftp',
    );
    if (this.#version >= 9.08) lines.push('PerSourcePenalties no');
    return `${lines.join('\n')}\n`;
  }
}

function countOf(text: string, word: string): number {
  return text.split(word).length - 1;
}

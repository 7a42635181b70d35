/**
 * support: real servers and helpers for the tests.
 *
 * - sshd.ts            `startSshd(options)`: OpenSSH's sshd on a free port of 127.0.0.1
 * - pam-sshd.ts        `startPamSshd(options)`: one with one-time codes and passwords through PAM (root only, see `canUsePam`)
 * - expired-sshd.ts   `startExpiredSshd(options)`: one with an account whose password has expired (root only)
 * - keyring.ts         `startKeyring()`: a desktop's keyring on a D-Bus session of its own
 * - dropbear.ts        `startDropbear(options)`: dropbear
 * - openssh-client.ts  `runSsh`, `startAgent`, `makeCertificate`: the real client programs
 * - ssh-keys.ts        `makeKey(file, options)`, `fingerprintOf(publicLine)`
 * - test-server.ts    what every server offers (`TestServer`): port, keys, log, kill, freeze, restart
 * - processes.ts       `findProgram`, `needProgram`, `freePort`, `run`, `childrenOf`, `killTree`
 * - wine.ts            `WineMachine.start()`: Node and Electron for Windows, with a profile there
 * - fetched.ts         `fetchOnce(what)`: programs from registries, once a machine
 * - temp.ts            `tempFolder()` (for the running test), `makeTempFolder()` (disposed of by hand)
 * - until.ts           `until(condition, { what, timeoutMs, seen })`
 *
 * Usage: `const server = await startSshd(); … server.port, server.user, server.clientKey, server.knownHostsLine() … await server.stop();`
 * A server that a test forgets dies with the test process.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { needProgram, type ServerProcess, startServer } from './processes.ts';
import { cachedKey, type KeyType, makeKey } from './ssh-keys.ts';
import { BaseServer, countOf, type TestServer } from './test-server.ts';

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
export interface TestSshd extends TestServer {
  /** Other host keys from the next start on. */
  replaceHostKeys(types?: readonly KeyType[]): void;
  /** Replaces authorized_keys at once. */
  setAuthorizedKeys(lines: readonly string[]): void;
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
  const server = new Sshd(program, options);
  await server.start();
  return server;
}

class Sshd extends BaseServer implements TestSshd {
  readonly user = userInfo().username;
  readonly clientKey: string;
  readonly clientKeyLine: string;
  readonly #program: string;
  readonly #options: SshdOptions;
  readonly #version: number;

  constructor(program: string, options: SshdOptions) {
    super('sshd', options.port ?? 0);
    this.#program = program;
    this.#options = options;
    this.#version = sshdVersion(program);
    this.clientKey = this.files.file('client_key');
    this.clientKeyLine = cachedKey('client', 'ed25519', this.clientKey);
    this.setAuthorizedKeys(options.authorizedKeys ?? [this.clientKeyLine]);
    if (options.trustedUserCa !== undefined)
      writeFileSync(this.files.file('user_ca.pub'), `${options.trustedUserCa}\n`);
    if (options.banner !== undefined) writeFileSync(this.files.file('banner'), options.banner);
    const types = options.hostKeyTypes ?? ['ed25519', 'ecdsa', 'rsa'];
    if (options.freshHostKeys) this.replaceHostKeys(types);
    else for (const type of types) this.keys[type] = cachedKey('host', type, this.files.file(`host_${type}`));
  }

  replaceHostKeys(types: readonly KeyType[] = ['ed25519', 'ecdsa', 'rsa']): void {
    this.keys = {};
    for (const type of types) {
      const file = this.files.file(`host_${type}`);
      // ssh-keygen asks before it overwrites a file.
      rmSync(file, { force: true });
      this.keys[type] = makeKey(file, { type, comment: `host-${type}` });
    }
  }

  setAuthorizedKeys(lines: readonly string[]): void {
    writeFileSync(this.files.file('authorized_keys'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  }

  protected launch(): ServerProcess {
    writeFileSync(this.files.file('sshd_config'), this.#config());
    return startServer(this.#program, ['-D', '-e', '-f', this.files.file('sshd_config')], this.#options.env);
  }

  protected listens(log: string): boolean {
    return countOf(log, 'Server listening on') >= (this.#options.listen?.length ?? 1);
  }

  #config(): string {
    const { config, ...options } = this.#options;
    const lines: string[] = [...(typeof config === 'function' ? config(this.folder) : (config ?? []))];
    for (const address of options.listen ?? ['127.0.0.1'])
      lines.push(`ListenAddress ${address.includes(':') ? `[${address}]` : address}:${this.port}`);
    for (const type of Object.keys(this.keys)) lines.push(`HostKey ${this.files.file(`host_${type}`)}`);
    if (options.authenticationMethods !== undefined)
      lines.push(`AuthenticationMethods ${options.authenticationMethods}`);
    if (options.rekeyLimit !== undefined) lines.push(`RekeyLimit ${options.rekeyLimit}`);
    if (options.maxAuthTries !== undefined) lines.push(`MaxAuthTries ${options.maxAuthTries}`);
    if (options.trustedUserCa !== undefined) lines.push(`TrustedUserCAKeys ${this.files.file('user_ca.pub')}`);
    if (options.permitOpen !== undefined) lines.push(`PermitOpen ${options.permitOpen.join(' ') || 'none'}`);
    if (options.permitListen !== undefined) lines.push(`PermitListen ${options.permitListen.join(' ') || 'none'}`);
    if (options.banner !== undefined) lines.push(`Banner ${this.files.file('banner')}`);
    lines.push(
      `AllowTcpForwarding ${options.allowTcpForwarding ?? 'yes'}`,
      `GatewayPorts ${options.gatewayPorts ?? 'clientspecified'}`,
      'AllowStreamLocalForwarding yes',
      `AuthorizedKeysFile ${this.files.file('authorized_keys')}`,
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

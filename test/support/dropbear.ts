import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { needProgram, run, type ServerProcess, startServer } from './processes.ts';
import { cachedKey, type KeyType } from './ssh-keys.ts';
import { BaseServer, type TestServer } from './test-server.ts';

export interface DropbearOptions {
  /** A fixed port; default: a free one. */
  readonly port?: number;
  /** Host keys to have; default ed25519 and ecdsa. */
  readonly hostKeyTypes?: readonly KeyType[];
  /** Public lines; default: the client key. */
  readonly authorizedKeys?: readonly string[];
  /** Password logins: off unless a password is given. */
  readonly password?: string;
  /** True: key and password are both needed (dropbear's -t). */
  readonly twoFactor?: boolean;
  readonly maxAuthTries?: number;
  readonly banner?: string;
  /** Further arguments, like `-j` (no local forwards) or `-k` (no remote ones). */
  readonly args?: readonly string[];
}

/**
 * Starts dropbear; resolves when it listens. Dropbear knows no other place than the user's home for authorized_keys and no other passwords than
 * the system's: nss_wrapper gives it a user database of its own, so that nothing of the system is touched.
 */
export async function startDropbear(options: DropbearOptions = {}): Promise<TestServer> {
  const server = new Dropbear(options);
  await server.start();
  return server;
}

class Dropbear extends BaseServer implements TestServer {
  readonly user = userInfo().username;
  readonly clientKey: string;
  readonly clientKeyLine: string;
  readonly #options: DropbearOptions;
  readonly #program = needProgram('dropbear', 'dropbear-bin');
  readonly #wrapper = needNssWrapper();

  constructor(options: DropbearOptions) {
    super('dropbear', options.port ?? 0);
    this.#options = options;
    this.clientKey = this.files.file('client_key');
    this.clientKeyLine = cachedKey('client', 'ed25519', this.clientKey);
    this.#writeUsers(options);
    const dropbearkey = needProgram('dropbearkey', 'dropbear-bin');
    for (const type of options.hostKeyTypes ?? ['ed25519', 'ecdsa']) {
      const said = run(dropbearkey, ['-t', type, '-f', this.files.file(`host_${type}`)]);
      const line = said.split('\n').find((text) => /^(ssh|ecdsa)-/.test(text));
      if (line === undefined) throw new Error(`dropbearkey gave no public key: ${said}`);
      this.keys[type] = line;
    }
  }

  #writeUsers(options: DropbearOptions): void {
    const me = userInfo();
    const ssh = this.files.file('home', '.ssh');
    mkdirSync(ssh, { recursive: true, mode: 0o700 });
    const lines = options.authorizedKeys ?? [this.clientKeyLine];
    writeFileSync(this.files.file('home', '.ssh', 'authorized_keys'), `${lines.join('\n')}\n`, { mode: 0o600 });
    writeFileSync(
      this.files.file('passwd'),
      `${me.username}:x:${me.uid}:${me.gid}:test:${this.files.file('home')}:/bin/sh\n`,
    );
    writeFileSync(this.files.file('group'), `${me.username}:x:${me.gid}:\n`);
    const hash =
      options.password === undefined
        ? '*'
        : run(needProgram('openssl', 'openssl'), ['passwd', '-6', '-stdin'], { input: `${options.password}\n` }).trim();
    writeFileSync(this.files.file('shadow'), `${me.username}:${hash}:19000:0:99999:7:::\n`, { mode: 0o600 });
    if (options.banner !== undefined) writeFileSync(this.files.file('banner'), options.banner);
  }

  protected launch(): ServerProcess {
    const options = this.#options;
    const args = ['-F', '-E', '-p', `127.0.0.1:${this.port}`, '-P', this.files.file('pid')];
    for (const type of Object.keys(this.keys)) args.push('-r', this.files.file(`host_${type}`));
    if (options.password === undefined) args.push('-s');
    if (options.twoFactor) args.push('-t');
    if (options.maxAuthTries !== undefined) args.push('-T', String(options.maxAuthTries));
    if (options.banner !== undefined) args.push('-b', this.files.file('banner'));
    args.push(...(options.args ?? []));
    return startServer(this.#program, args, {
      ...process.env,
      LD_PRELOAD: this.#wrapper,
      NSS_WRAPPER_PASSWD: this.files.file('passwd'),
      NSS_WRAPPER_GROUP: this.files.file('group'),
      NSS_WRAPPER_SHADOW: this.files.file('shadow'),
    });
  }

  protected listens(log: string): boolean {
    // It says "Not backgrounding" after it has bound its ports.
    return log.includes('Not backgrounding') && !log.includes('Failed listening');
  }
}

function needNssWrapper(): string {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
  for (const name of existsSync('/usr/lib') ? readdirSync('/usr/lib') : [])
    if (name.includes('-linux-')) folders.push(`/usr/lib/${name}`);
  const found = folders.map((folder) => `${folder}/libnss_wrapper.so`).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error('libnss_wrapper is not installed; on Debian: apt-get install libnss-wrapper');
  return found;
}

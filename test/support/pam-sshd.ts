import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { toDisposable } from '../../src/main/engine/lifecycle/disposable.ts';
import { needProgram } from './processes.ts';
import { isRoot } from './root.ts';
import { type SshdOptions, sshdVersion, startSshd, type TestSshd } from './sshd.ts';
import { makeTempFolder } from './temp.ts';

export interface PamSshdOptions extends SshdOptions {
  /** What PAM asks, one round of keyboard-interactive each, in this order. Default: a one-time code alone. */
  readonly rounds?: readonly ('password' | 'otp')[];
  /** True: the `password` method too (RFC 4252 section 8). */
  readonly passwordMethod?: boolean;
  /** False: no keyboard-interactive, for the `password` method alone. */
  readonly keyboardInteractive?: boolean;
  /** Text that PAM shows with its first question. */
  readonly message?: string;
  /** A module that says `text` without asking anything and waits for the file `until`, in place of all rounds: a login that is approved elsewhere. */
  readonly approval?: { readonly text: string; readonly until: string };
  /** The password; default: a random one. */
  readonly password?: string;
}

/** An sshd that asks through PAM. `authenticationMethods` decides how that goes with keys. */
export interface TestPamSshd extends TestSshd {
  readonly password: string;
  /** A one-time code that has not been used; each call gives the next. */
  nextCode(): string;
  /** A code that the server will not take. */
  wrongCode(): string;
}

/** Where services lie for everybody; only root may write there. */
const systemServices = '/etc/pam.d';

/**
 * Null where real PAM logins can be tested, else why not: it needs Linux, pam_exec and pam_oath. An ordinary user's sshd is pointed at a folder of
 * services of its own by pam_wrapper.
 */
export function whyNoPam(): string | null {
  if (process.platform !== 'linux') return 'PAM logins are tested on Linux only';
  if (!isRoot && pamWrapper() === null)
    return `PAM logins of an ordinary user need pam_wrapper; on Debian: apt-get install libpam-wrapper`;
  if (!hasPamModule('pam_oath.so')) return 'pam_oath is not installed; on Debian: apt-get install libpam-oath';
  if (!hasPamModule('pam_exec.so')) return 'pam_exec is not installed; on Debian: apt-get install libpam-modules';
  return null;
}

/** True where `startPamSshd` works. Suites that need it: `describe.skipIf(!canUsePam())`, with `whyNoPam()` in the name. */
export function canUsePam(): boolean {
  return whyNoPam() === null;
}

const hasPamModule = (name: string): boolean => findLibrary(`security/${name}`) !== null;
const pamWrapper = (): string | null => findLibrary('libpam_wrapper.so');

function findLibrary(name: string): string | null {
  const roots = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];
  for (const folder of existsSync('/usr/lib') ? readdirSync('/usr/lib') : [])
    if (folder.includes('-linux-')) roots.push(`/usr/lib/${folder}`);
  return roots.map((root) => `${root}/${name}`).find((path) => existsSync(path)) ?? null;
}

/** Starts an sshd with a PAM service of its own; root's service file in /etc/pam.d is removed with `stop()`, at the latest with the process. */
export async function startPamSshd(options: PamSshdOptions = {}): Promise<TestPamSshd> {
  const why = whyNoPam();
  if (why !== null) throw new Error(why);
  if (isRoot) removeStaleServices();
  const real = options.program ?? needProgram('sshd', 'openssh-server');
  const service = `holdfast-otp-sshd-${process.pid}-${randomBytes(4).toString('hex')}`;
  const folder = makeTempFolder('holdfast-pam-');
  const password = options.password ?? randomBytes(9).toString('base64url');
  const otp = new OneTimeCodes();
  const services = isRoot ? systemServices : folder.file('services');
  if (!isRoot) mkdirSync(services);
  const serviceFile = join(services, service);
  const removal = toDisposable(() => rmSync(serviceFile, { force: true }));
  const atExit = (): void => removal.dispose();
  process.once('exit', atExit);
  const cleanUp = (): void => {
    process.removeListener('exit', atExit);
    removal.dispose();
    folder.dispose();
  };
  try {
    writeFileSync(folder.file('password'), password, { mode: 0o600 });
    // pam_exec hands the password over with a NUL behind it.
    writeFileSync(
      folder.file('check-password'),
      `#!/bin/sh\n[ "$(tr -d '\\000')" = "$(cat '${folder.file('password')}')" ]\n`,
      { mode: 0o700 },
    );
    writeFileSync(folder.file('users.oath'), `HOTP ${userInfo().username} - ${otp.secret.toString('hex')}\n`, {
      mode: 0o600,
    });
    if (options.message !== undefined) writeFileSync(folder.file('message'), options.message);
    if (options.approval !== undefined) {
      const { text, until } = options.approval;
      writeFileSync(folder.file('text'), `${text}\n`);
      writeFileSync(
        folder.file('approve'),
        `#!/bin/sh\ncat '${folder.file('text')}'\nwhile [ ! -e '${until}' ]; do sleep 0.1; done\n`,
        { mode: 0o700 },
      );
    }
    writeFileSync(serviceFile, serviceLines(options, folder.path), { mode: 0o644 });
    const { program, lines } = underServiceName(real, service, folder.file(service));
    const given = options.config ?? [];
    const server = await startSshd({
      ...options,
      program,
      env: isRoot ? options.env : underWrapper(services, options.env),
      config: (serverFolder) => [
        ...(typeof given === 'function' ? given(serverFolder) : given),
        ...lines,
        'UsePAM yes',
        `KbdInteractiveAuthentication ${options.keyboardInteractive === false ? 'no' : 'yes'}`,
        `PasswordAuthentication ${options.passwordMethod === true ? 'yes' : 'no'}`,
      ],
    });
    const stop = server.stop.bind(server);
    return Object.assign(server, {
      password,
      nextCode: () => otp.next(),
      wrongCode: () => otp.wrong(),
      async stop() {
        await stop();
        cleanUp();
      },
    });
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/** What makes an sshd without root look for its PAM service in this folder. */
function underWrapper(services: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    LD_PRELOAD: [env['LD_PRELOAD'], pamWrapper()].filter(Boolean).join(' '),
    PAM_WRAPPER: '1',
    PAM_WRAPPER_SERVICE_DIR: services,
  };
}

/** Removes service files of test processes that were killed. */
function removeStaleServices(): void {
  for (const name of readdirSync(systemServices)) {
    const pid = /^holdfast-otp-sshd-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(systemServices, name), { force: true });
  }
}

/** sshd names its PAM service after itself; since OpenSSH 9.8 a setting does it. */
function underServiceName(real: string, service: string, link: string): { program: string; lines: readonly string[] } {
  if (sshdVersion(real) >= 9.08) return { program: real, lines: [`PAMServiceName ${service}`] };
  symlinkSync(real, link);
  return { program: link, lines: [] };
}

function serviceLines(options: PamSshdOptions, folder: string): string {
  const lines: string[] = [];
  if (options.message !== undefined) lines.push(`auth optional pam_echo.so file=${folder}/message`);
  if (options.approval !== undefined) lines.push(`auth required pam_exec.so stdout quiet ${folder}/approve`);
  for (const round of options.rounds ?? (options.approval === undefined ? (['otp'] as const) : []))
    lines.push(
      round === 'password'
        ? `auth required pam_exec.so expose_authtok quiet ${folder}/check-password`
        : `auth required pam_oath.so usersfile=${folder}/users.oath window=50 digits=6`,
    );
  // pam_exec alone has no credentials to set, for which sshd drops the session that it let in.
  lines.push(
    'auth required pam_permit.so',
    'account required pam_permit.so',
    'session required pam_permit.so',
    'password required pam_deny.so',
  );
  return `${lines.join('\n')}\n`;
}

/** HOTP as RFC 4226 has it: six digits of HMAC-SHA1 over a counter. */
class OneTimeCodes {
  readonly secret = randomBytes(20);
  #counter = 0;

  next(): string {
    return this.#code(this.#counter++);
  }

  wrong(): string {
    const near = new Set<string>();
    for (let ahead = 0; ahead < 60; ahead += 1) near.add(this.#code(this.#counter + ahead));
    let code = 0;
    while (near.has(String(code).padStart(6, '0'))) code += 1;
    return String(code).padStart(6, '0');
  }

  #code(counter: number): string {
    const moving = Buffer.alloc(8);
    moving.writeBigUInt64BE(BigInt(counter));
    const mac = createHmac('sha1', this.secret).update(moving).digest();
    const offset = mac.readUInt8(mac.length - 1) & 0x0f;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }
}

import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { whyNoPam } from './pam-sshd.ts';
import { findProgram, needProgram, run } from './processes.ts';
import { type SshdOptions, startSshd, type TestSshd } from './sshd.ts';
import { makeTempFolder } from './temp.ts';

/** What sshd, PAM and the C library read below /etc. */
const needed = ['group', 'ld.so.cache', 'login.defs', 'nsswitch.conf', 'passwd', 'security', 'shadow'];

/** An sshd with an account whose password has expired, as after `chage -d 0`. */
export interface ExpiredSshd extends TestSshd {
  readonly account: string;
  readonly password: string;
  /** True once the account has a password that has not expired. */
  hasChanged(): boolean;
}

/** Null where it can be tested, else why not. */
export function whyNoExpiredSshd(): string | null {
  const why = whyNoPam();
  if (why !== null) return why;
  const unshare = findProgram('unshare');
  if (unshare === null) return 'unshare is not installed; on Debian: apt-get install util-linux';
  return spawnSync(unshare, ['-m', 'true']).status === 0 ? null : 'mount namespaces cannot be made here';
}

/**
 * Starts an sshd of the system with pam_unix in a mount namespace with an /etc of its own: accounts and passwords there are the test's, the
 * machine's are not touched.
 */
export async function startExpiredSshd(options: SshdOptions = {}): Promise<ExpiredSshd> {
  const why = whyNoExpiredSshd();
  if (why !== null) throw new Error(why);
  const sshd = needProgram('sshd', 'openssh-server');
  const folder = makeTempFolder('holdfast-expired-');
  const etc = folder.file('etc');
  const account = 'holdfast-old';
  const password = 'Kranich-7-alt';
  try {
    mkdirSync(`${etc}/pam.d`, { recursive: true });
    // The account has to come to its files.
    for (const path of [folder.path, etc]) chmodSync(path, 0o755);
    for (const name of needed)
      if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, `${etc}/${name}`, { recursive: true });
    mkdirSync(folder.file('home'), { mode: 0o755 });
    const hash = run(needProgram('openssl', 'openssl'), ['passwd', '-6', '-stdin'], { input: `${password}\n` }).trim();
    appendFileSync(`${etc}/passwd`, `${account}:x:64321:64321::${folder.file('home')}:/bin/sh\n`);
    appendFileSync(`${etc}/group`, `${account}:x:64321:\n`);
    // Changed on day 0: it has to be changed now.
    appendFileSync(`${etc}/shadow`, `${account}:${hash}:0:0:99999:7:::\n`);
    const types = ['auth', 'account', 'password'].map((type) => `${type} required pam_unix.so`);
    writeFileSync(`${etc}/pam.d/sshd`, `${types.join('\n')}\nsession required pam_permit.so\n`);
    const program = folder.file('sshd');
    writeFileSync(
      program,
      `#!/bin/sh\nexec ${needProgram('unshare', 'util-linux')} -m sh -c 'mount --bind "${etc}" /etc && exec "${sshd}" "$@"' sh "$@"\n`,
      { mode: 0o755 },
    );
    const given = options.config ?? [];
    const server = await startSshd({
      ...options,
      program,
      config: (serverFolder) => [
        ...(typeof given === 'function' ? given(serverFolder) : given),
        'UsePAM yes',
        'KbdInteractiveAuthentication yes',
        'PasswordAuthentication no',
      ],
    });
    const stop = server.stop.bind(server);
    return Object.assign(server, {
      account,
      password,
      hasChanged: () => {
        const line = readFileSync(`${etc}/shadow`, 'utf8')
          .split('\n')
          .find((text) => text.startsWith(`${account}:`));
        return Number(line?.split(':')[2]) > 0;
      },
      async stop() {
        await stop();
        folder.dispose();
      },
    });
  } catch (error) {
    folder.dispose();
    throw error;
  }
}

// The server of the pictures in assets/.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/**
 * A real sshd of the user who runs this, on a free port of 127.0.0.1. Makes in `folder`: `host` and `client` (keys), `known_hosts`. Puts what ends it
 * into `ends`; gives its port.
 */
export async function startSshd(folder, ends) {
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
  const sshd = spawn(program, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  ends.push(() => sshd.kill());
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

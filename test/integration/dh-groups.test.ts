import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { serveEcho } from '../support/echo-servers.ts';
import { startSshd } from '../support/sshd.ts';
import { endOwned, exchange, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';

/** Diffie-Hellman is calculated without Node's own, which stands still on BoringSSL: here it throws, and every group works. */

endOwned();

const without = fileURLToPath(new URL('../support/no-openssl-dh.cjs', import.meta.url));

test.each([
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha1',
  'diffie-hellman-group1-sha1',
  'diffie-hellman-group-exchange-sha256',
])('%s with sshd, and again for new session keys', async (kex) => {
  const server = own(await startSshd({ config: [`KexAlgorithms ${kex}`], rekeyLimit: '1M' }));
  const echo = own(await serveEcho());
  const rig = await TunnelRig.start(
    hostTable('box', server, { lines: [`legacy-algorithms = ["${kex}"]`] }) +
      tunnelTable('db', 'box', [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`]),
    [server.knownHostsLine()],
    { NODE_OPTIONS: `--require=${without}` },
  );
  const [address = ''] = await rig.upWhole('db');
  const bytes = randomBytes(3_000_000);
  expect((await exchange(address, bytes)).equals(bytes)).toBe(true);
  expect(await rig.status('db')).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
});

import { describe, expect, test } from 'vitest';
import { serveEcho } from '../support/echo-servers.ts';
import { type KeepaliveHabit, serveWithHabit } from '../support/hostile-ssh-servers.ts';
import { hostileKeyLine } from '../support/hostile-wire.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { freePort } from '../support/processes.ts';
import { endOwned, own, TunnelRig, tunnelTable } from '../support/tunnel-rig.ts';

describe('a tunnel to a server with odd keepalives runs', () => {
  checkLeaks();
  endOwned();

  test.each<[KeepaliveHabit, string, boolean]>([
    ['unimplemented', '15s', false],
    ['ignored', '15s', false],
    ['mute', '1s', true],
    ['silent', '0s', true],
  ])('%s, alive-interval %s', { timeout: 60_000 }, async (habit, aliveInterval, hasNote) => {
    const echo = own(await serveEcho());
    const server = own(await serveWithHabit(habit));
    const port = await freePort();
    const host = `[hosts.odd]
address = "127.0.0.1"
port = ${server.port}
user = "me"
agent = false
known-hosts = ["known_hosts"]
alive-interval = "${aliveInterval}"
`;
    const rig = await TunnelRig.start(
      host +
        tunnelTable(
          'odd',
          'odd',
          [`local ${port} -> 127.0.0.1:${echo.port}`, `remote 4711 -> 127.0.0.1:${echo.port}`],
          ['probe-timeout = "3s"'],
        ),
      [`[127.0.0.1]:${server.port} ${hostileKeyLine}`],
    );
    await rig.up('odd');
    const { state } = await rig.reach('odd', (row) => row.state.kind === 'running', 'to run');
    const note = state.kind === 'running' ? (state.degraded?.message ?? null) : null;
    if (hasNote) expect(note).toMatch(/odd answers no question, so whether it is still there/);
    else expect(note).toBeNull();
  });
});

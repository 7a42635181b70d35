import { writeFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { Engine } from '../../src/main/engine/engine.ts';
import { ForwardSet } from '../../src/main/engine/tunnel/forward-set.ts';
import { TunnelSupervisor } from '../../src/main/engine/tunnel/supervisor.ts';
import { profileIn } from '../support/control-bench.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { freePort } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

checkLeaks();

test('the engine keeps nothing of tunnels that are gone from the configuration', async () => {
  const { path } = tempFolder();
  const port = await freePort();
  const write = (tunnels: number): void => {
    const host = `[hosts.box]\naddress = "127.0.0.1"\nport = ${port}\nuser = "me"\nagent = false\n`;
    const tables = Array.from(
      { length: tunnels },
      (_, index) => `[tunnels.t${index}]\nhost = "box"\nstart = "login"\nforwards = ["local 127.0.0.1:0 -> db:5432"]\n`,
    );
    writeFileSync(`${path}/config.toml`, host + tables.join(''), { mode: 0o600 });
  };
  write(0);
  const profile = profileIn(path);
  const engine = new Engine({ profile, logToStderr: false, mayBeMissing: false, onShutdown: () => {} });
  try {
    await engine.start();
    const shell = await ControlClient.connect(profile);
    for (let round = 0; round < 3; round += 1) {
      write(8);
      await shell.call('reload', {});
      await until(
        async () => (await shell.call('status', { names: [] })).every(({ state }) => state.kind === 'retrying'),
        { what: 'every tunnel to wait for its next try' },
      );
      expect(queryObjects(TunnelSupervisor, { format: 'count' })).toBeGreaterThanOrEqual(8);
      write(0);
      await shell.call('reload', {});
    }
    shell.dispose();
    for (const kind of [TunnelSupervisor, ForwardSet])
      await until(() => queryObjects(kind, { format: 'count' }) === 0, { what: `no ${kind.name} to be held` });
  } finally {
    await engine.stop();
  }
});

import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { Engine } from '../../src/main/engine/engine.ts';
import type { ConfigEdit } from '../../src/shared/contract/editing-calls.ts';
import { profileIn } from '../support/control-bench.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startSshd } from '../support/sshd.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** Tunnels that get another name, on the real engine with a real sshd. */

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** An engine with the tunnel `db`, which starts by itself and dials a proxy that counts. */
async function serving(settings = 'start = "login"') {
  const { path } = tempFolder();
  const sshd = await startSshd();
  stops.push(() => sshd.stop());
  const proxy = await startFaultProxy(sshd.port);
  stops.push(() => proxy.dispose());
  writeFileSync(`${path}/known_hosts`, `${sshd.knownHostsLine(undefined, `[127.0.0.1]:${proxy.port}`)}\n`);
  writeFileSync(
    `${path}/config.toml`,
    `[settings]
pool-idle = "0s"

[hosts.box]
address = "127.0.0.1"
port = ${proxy.port}
user = "${sshd.user}"
identity = ["${sshd.clientKey}"]
agent = false
known-hosts = ["${path}/known_hosts"]

[tunnels.db]
host = "box"
${settings}
forwards = ["dynamic 127.0.0.1:0"]
`,
    { mode: 0o600 },
  );
  const profile = profileIn(path);
  const engine = new Engine({ profile, logToStderr: false, mayBeMissing: false, onShutdown: () => {} });
  await engine.start();
  stops.push(() => engine.stop());
  const shell = await ControlClient.connect(profile);
  stops.push(() => shell.dispose());
  const status = async (name: string) => (await shell.call('status', { names: [name] }))[0];
  return {
    proxy,
    shell,
    status,
    reaches: (name: string, kind: string) =>
      until(async () => (await status(name))?.state.kind === kind, { what: `${name} to be ${kind}` }),
    edit: (...edits: ConfigEdit[]) => shell.call('config.edit', { edits, dryRun: false }),
    /** What the tunnel did under this name, by its log. */
    steps: async (name: string) =>
      (await shell.call('logs', { tunnel: name, lines: 1000 })).map((line) => line.message),
    past: async (name: string) => (await shell.call('history', { names: [name], limit: 100 })).map(({ what }) => what),
  };
}

const rename = (name: string, to: string): ConfigEdit => ({ op: 'rename-tunnel', name, to });

test.each(['login', 'demand'])('a tunnel with start = "%s" that is off stays off, and takes no step', async (start) => {
  const { shell, proxy, status, reaches, edit, steps, past } = await serving(`start = "${start}"`);
  await reaches('db', start === 'login' ? 'running' : 'listening');
  await shell.call('down', { names: ['db'], all: false });
  const [dials, before] = [proxy.accepted, await past('db')];
  expect((await edit(rename('db', 'store'))).saved).toBe(true);
  expect(await status('store')).toMatchObject({ state: { kind: 'stopped' }, wanted: false });
  expect(await steps('store')).toEqual([]);
  expect(await past('store')).toEqual(before);
  expect(proxy.accepted).toBe(dials);
  // Its new name is as good as the old one.
  await edit(rename('store', 'shop'));
  expect(await steps('shop')).toEqual([]);
  await shell.call('up', { names: ['shop'], all: false });
  await reaches('shop', start === 'login' ? 'running' : 'listening');
});

test('one that is on stays on, whoever put it up', async () => {
  const { shell, status, reaches, edit, past } = await serving('start = "manual"');
  await shell.call('up', { names: ['db'], all: false });
  await reaches('db', 'running');
  // By way of a name in between, and with another change in the same edit.
  await edit(rename('db', 'x'), rename('x', 'store'), {
    op: 'set',
    path: ['tunnels', 'store', 'start'],
    value: 'login',
  });
  expect(await status('store')).toMatchObject({ wanted: true });
  await reaches('store', 'running');
  await edit(rename('store', 'shop'));
  await reaches('shop', 'running');
  expect(await past('shop')).toEqual(expect.arrayContaining(['up']));
});

test('one that may ask only when a person acts is not left waiting for one', async () => {
  const { shell, status, reaches, edit } = await serving('start = "manual"\ninteractive = true');
  await shell.call('up', { names: ['db'], all: false });
  await reaches('db', 'running');
  await edit(rename('db', 'store'));
  expect((await status('store'))?.state.kind).not.toBe('interactive');
  await reaches('store', 'running');
});

test('a name that is only new starts as it is configured', async () => {
  const { shell, reaches, edit } = await serving();
  await reaches('db', 'running');
  await shell.call('down', { names: ['db'], all: false });
  await edit(
    { op: 'remove-tunnel', name: 'db' },
    { op: 'add-tunnel', name: 'store', values: { host: 'box', start: 'login', forwards: ['dynamic 127.0.0.1:0'] } },
  );
  await reaches('store', 'running');
});

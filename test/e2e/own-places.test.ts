import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { panelLink } from '../support/panel-page.ts';
import { needProgram } from '../support/processes.ts';
import { connectTo } from '../support/reset-clients.ts';
import { runClient } from '../support/tunnel-rig.ts';
import { allRun, endSceneAfterEach, listenOf, own, sshd, trusting, tunnelTable } from './scene.ts';

/** A server reaches this machine through remote forwards; what controls Holdfast it does not reach. */

endSceneAfterEach();

const names = ['127.0.0.1', 'localhost', '127.0.0.2', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '127.1', '0x7f.1'];

/** A web server that is not Holdfast's; gives its port. */
async function website(): Promise<number> {
  const server = createServer((_request, response) => response.end('somebody else'));
  own({ dispose: () => server.close() });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the server at the far end', () => {
  it('gets no byte of the panel through a remote-dynamic forward, by no spelling', async () => {
    const [server, other] = await Promise.all([sshd(), website()]);
    const hf = await trusting(server, tunnelTable('back', 'box', 'login', 'remote-dynamic 127.0.0.1:0'));
    await hf.serve(['--panel']);
    const { port, pathname } = new URL(await panelLink(hf));
    await allRun(hf);
    const proxy = await listenOf(hf, 'back');
    const curl = (to: string, ...args: string[]): ReturnType<typeof runClient> =>
      runClient(needProgram('curl', 'curl'), ['-sS', '-m', '20', '-H', `Host: 127.0.0.1:${port}`, ...args, to]);
    // The same request, from this machine: it is there.
    expect((await curl(`http://127.0.0.1:${port}${pathname}`)).stdout.toString()).toContain('<title>Holdfast</title>');
    for (const name of names) {
      for (const way of [
        ['--socks5-hostname', proxy],
        ['--socks4a', proxy],
        ['--proxytunnel', '--proxy', `http://${proxy}`],
      ]) {
        if (way[0] === '--socks4a' && name.startsWith('[')) continue;
        const got = await curl(`http://${name}:${port}${pathname}`, ...way);
        expect([name, way[0], got.stdout.toString(), got.stderr === '']).toEqual([name, way[0], '', false]);
      }
    }
    expect((await hf.run(['show', 'back'])).stdout).toContain("is Holdfast's own: no server gets there.");
    // The forward goes on.
    const reached = await curl(`http://127.0.0.1:${other}/`, '--socks5-hostname', proxy);
    expect(reached.stdout.toString()).toBe('somebody else');
  });

  it('gets no byte of panel and control socket through remote forwards to them', async () => {
    const server = await sshd();
    const hf = await trusting(server, '');
    await hf.serve(['--panel']);
    const { port } = new URL(await panelLink(hf));
    const run = join(hf.home, 'run', 'holdfast');
    const socket = join(run, readdirSync(run).find((name) => name.endsWith('.sock')) ?? '');
    const link = join(hf.home, 'link');
    symlinkSync(socket, link);
    const targets = [`127.0.0.1:${port}`, `localhost:${port}`, socket, link];
    const tunnels = targets.map((target, n) => tunnelTable(`t${n}`, 'box', 'login', `remote 127.0.0.1:0 -> ${target}`));
    await hf.configure(readFileSync(hf.configFile, 'utf8') + tunnels.join(''));
    await allRun(
      hf,
      targets.map((_, n) => `t${n}`),
    );
    for (const [n, target] of targets.entries()) {
      const client = await connectTo(await listenOf(hf, `t${n}`));
      client.write('{"id":1,"call":"hello","input":{"client":"far","contract":1}}\nGET / HTTP/1.1\r\n\r\n');
      let got = '';
      client.on('data', (chunk: Buffer) => {
        got += chunk.toString();
      });
      await new Promise((resolve) => client.once('close', resolve));
      expect([target, got]).toEqual([target, '']);
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { once } from 'node:events';
import type { SshChannel, SshLink } from '../../src/main/engine/ssh/link.ts';
import { serveEcho, serveTcp } from '../support/echo-servers.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

describe('a link to sshd', () => {
  checkLeaks();

  async function connect(overrides = {}): Promise<SshLink> {
    const trust = new OneKeyTrust(Object.values(sshd.hostKeys));
    const setup = linkSetup(trust, oneKeyAuthenticator(sshd.clientKey));
    return setup.connect(hostFor(sshd.port, { user: sshd.user, ...overrides }));
  }

  test('logs in with a key and carries bytes both ways', async () => {
    const echo = await serveEcho();
    const link = await connect();
    expect(link.info).toMatchObject({
      authenticatedBy: 'publickey',
      strictKex: true,
      cipher: 'aes128-gcm@openssh.com',
    });
    expect(link.info.serverVersion).toContain('OpenSSH');
    const channel = await link.open({ kind: 'tcp', host: '127.0.0.1', port: echo.port });
    expect(link.channels).toBe(1);
    const got = collect(channel);
    channel.stream.write('hello ');
    channel.stream.end('world');
    expect((await got).toString()).toBe('hello world');
    await until(() => link.channels === 0, { what: 'the channel to be gone' });
    const closed: unknown[] = [];
    link.onDidClose((error) => closed.push(error));
    link.dispose();
    expect(closed).toEqual([null]);
    echo.dispose();
  });

  test('loses its channels as lost when the server dies, and ends once', async () => {
    const idle = await serveTcp(() => {});
    const link = await connect();
    const channel = await link.open({ kind: 'tcp', host: '127.0.0.1', port: idle.port });
    const ends: unknown[] = [];
    const events: string[] = [];
    channel.stream.on('end', () => events.push('end'));
    channel.stream.resume();
    channel.onDidClose(({ lost }) => events.push(`closed lost=${lost}`));
    link.onDidClose((error) => ends.push(error?.code));
    sshd.killSessions();
    await until(() => link.isClosed, { what: 'the link to end' });
    await until(() => events.length > 0, { what: 'the channel to end' });
    expect(ends).toHaveLength(1);
    expect(['link-lost', 'server-closed']).toContain(ends[0]);
    expect(events).toEqual(['closed lost=true']);
    idle.dispose();
  });
});

async function collect(channel: SshChannel): Promise<Buffer> {
  const chunks: Buffer[] = [];
  channel.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(channel.stream, 'end');
  return Buffer.concat(chunks);
}

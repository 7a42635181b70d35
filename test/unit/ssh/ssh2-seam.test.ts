import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { assertSsh2Version, createClient, Ssh2Seam, ssh2Version } from '../../../src/main/engine/ssh/ssh2-seam.ts';

const require = createRequire(import.meta.url);

function connected() {
  const client = createClient();
  client.on('error', () => {});
  const sock = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  client.connect({ sock, username: 'me', readyTimeout: 0, hostVerifier: () => false });
  return client;
}

test('the installed ssh2 is the one that the seam knows', () => {
  expect(() => assertSsh2Version()).not.toThrow();
  expect(() => assertSsh2Version('1.18.0')).toThrow(/made for ssh2 1\.17\.0, but 1\.18\.0/);
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(own.dependencies['ssh2']).toBe(ssh2Version);
});

test('a client looks as the seam expects', () => {
  const seam = new Ssh2Seam(connected());
  expect(seam.sessionId).toBeNull();
  expect(seam.isStrictKex).toBe(false);
  expect(seam.isExchangingKeys).toBe(false);
  expect(seam.channel(0)).toBeNull();
  expect(seam.knowsForward('127.0.0.1', 1)).toBe(false);
});

test.each(['_packetRW', '_authsQueue', '_handlers', '_cipher', '_callbacks'])(
  'a client without %s is refused',
  (name) => {
    const client = connected();
    const internals = client as unknown as { _protocol: Record<string, unknown> } & Record<string, unknown>;
    if (name in internals._protocol) internals._protocol[name] = undefined;
    else internals[name] = undefined;
    expect(() => new Ssh2Seam(client)).toThrow(new RegExp(name));
  },
);

test('a handler that is gone is named', () => {
  const client = connected();
  const protocol = (client as unknown as { _protocol: { _handlers: Record<string, unknown> } })._protocol;
  protocol._handlers['USERAUTH_FAILURE'] = undefined;
  expect(() => new Ssh2Seam(client)).toThrow(/USERAUTH_FAILURE/);
});

test('what is known of the sources still stands there', () => {
  const source = (name: string): string => readFileSync(require.resolve(`ssh2/lib/${name}`), 'utf8');
  // Each line is something that the seam, the wire or the channels rely on.
  expect(source('client.js')).toContain("proto.service('ssh-userauth');");
  expect(source('client.js')).toContain('this._forwarding[`${bindAddr}:${bindPort}`] = realPort;');
  for (const file of ['protocol/Protocol.js', 'protocol/kex.js'])
    expect(source(file)).toContain('payload = this._packetRW.read.read(payload);');
  expect(source('protocol/kex.js')).toContain('this._protocol._packetRW.read = rw.read;');
  expect(source('protocol/kex.js')).toContain('let secret = this.computeSecret(this._dhData);');
  expect(source('protocol/kex.js')).toContain('const params = this.getDHParams();');
  expect(source('protocol/kex.js')).toContain('      const key = this._public;');
  expect(source('protocol/kex.js')).toContain(
    '          this.setDHParams(prime, gen);\n          this.generateKeys();',
  );
  expect(source('protocol/zlib.js')).toContain('if (nread > this._maxOutputLength) {');
  expect(source('Channel.js')).toContain('      if (sliceLen > packetSize)\n        sliceLen = packetSize;');
  expect(source('protocol/kex.js')).toContain('if (ret === undefined) {\n              // Async host verification');
  expect(source('protocol/kex.js')).toContain('this._sig = sig;\n');
  expect(source('client.js')).toContain('client._protocol.openssh_hostKeysProve(keys);');
  expect(source('protocol/utils.js')).toContain('proto._queue.push(packet);');
  expect(source('protocol/handlers.misc.js')).toContain('switch (self._authsQueue[0]) {');
  expect(source('utils.js')).toContain('&& stream._readableState.ended === false');
  expect(source('Channel.js')).toContain("if (outgoing.state !== 'open')\n      return;");
  expect(typeof ssh2.Client).toBe('function');
});

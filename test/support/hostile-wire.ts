import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection } from 'ssh2';
import { WireWriter } from '../../src/main/engine/ssh/wire-format.ts';
import { serveTcp } from './echo-servers.ts';
import { until } from './until.ts';

/** What a hostile server is made of: packets in clear before there are keys, and any payload at all on a server of ssh2 that is logged in to. */

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
}) as string;

/** The public line (`type base64`) of the key that all of them show. */
export const hostileKeyLine = publicLine(pem);

function publicLine(text: string): string {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  const one = Array.isArray(key) ? key[0] : key;
  return `ssh-rsa ${one?.getPublicSSH().toString('base64') ?? ''}`;
}

/** SSH_MSG_KEXINIT with these methods; ciphers and the like are common ones. */
export function kexInit(kex: string, hostKeys: string, ciphers = 'aes128-ctr'): Buffer {
  const writer = new WireWriter().byte(20).raw(Buffer.alloc(16)).string(kex).string(hostKeys);
  for (const list of [ciphers, ciphers, 'hmac-sha2-256', 'hmac-sha2-256', 'none', 'none', '', '']) writer.string(list);
  return writer.byte(0).uint32(0).toBuffer();
}

/** The reply of any key exchange: K_S, the public value, a signature that proves nothing. */
export function kexReply(message: number, hostKey: Buffer, value: Buffer, algorithm = 'rsa-sha2-256'): Buffer {
  const signature = new WireWriter().string(algorithm).string(Buffer.alloc(256, 1)).toBuffer();
  return new WireWriter().byte(message).string(hostKey).string(value).string(signature).toBuffer();
}

/** An `ssh-rsa` key blob with a modulus of so many bits. */
export function rsaBlob(bits: number, exponent: Uint8Array = Buffer.of(1, 0, 1)): Buffer {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  modulus.writeUInt8(0xff >> ((8 - (bits % 8)) % 8), 0);
  return new WireWriter().string('ssh-rsa').mpint(exponent).mpint(modulus).toBuffer();
}

/** A packet in clear (RFC 4253 section 6). */
export function clearPacket(payload: Buffer): Buffer {
  const short = 8 - ((payload.length + 5) % 8);
  const padding = short < 4 ? short + 8 : short;
  return Buffer.concat([
    new WireWriter()
      .uint32(payload.length + 1 + padding)
      .byte(padding)
      .toBuffer(),
    payload,
    Buffer.alloc(padding),
  ]);
}

/** Says hello and these payloads in clear, whatever the client says. */
export async function servePayloads(payloads: readonly Buffer[]): Promise<RunningServer> {
  return serveClear((write) =>
    write(Buffer.concat([Buffer.from('SSH-2.0-hostile\r\n'), ...payloads.map(clearPacket)])),
  );
}

/** Writes what it likes to each client. `write` is false when it should wait for `drained`. */
export async function serveClear(
  behave: (write: (bytes: Buffer) => boolean, drained: (then: () => void) => void, isOpen: () => boolean) => void,
): Promise<RunningServer> {
  const server = await serveTcp((socket) => {
    socket.resume();
    socket.on('end', () => socket.destroy());
    behave(
      (bytes) => !socket.destroyed && socket.write(bytes),
      (then) => socket.once('drain', then),
      () => !socket.destroyed,
    );
  });
  return { port: server.port, stop: async () => server.dispose() };
}

/** One client of a server of ssh2, with a way to send it anything. */
export interface LoggedIn {
  readonly connection: Connection;
  /** Sends one packet with this payload, enciphered. */
  readonly send: (payload: Buffer) => void;
  /** The socket of it; paused, nothing that the client says is read. */
  readonly socket: { pause(): void; resume(): void; readonly destroyed: boolean; readonly writableLength: number };
  readonly protocol: ServerProtocol;
  /** Sends `payload` again and again until `count` are out or the client is gone, no faster than the socket takes them. */
  readonly flood: (payload: Buffer, count?: number) => void;
}

interface ServerProtocol {
  readonly _handlers: Record<string, ((...values: never[]) => void) | undefined>;
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(length: number, force?: boolean): Buffer;
      finalize(packet: Buffer, force?: boolean): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _kexinit: unknown;
  rekey(): void;
}

/** A server that lets everybody in; `behave` is called for each client, before it logs in. */
export async function serveLoggedIn(
  behave: (client: LoggedIn) => void,
  options: { readonly letIn?: boolean } = {},
): Promise<RunningServer> {
  const clients = new Set<Connection>();
  const sockets = new Set<{ destroy(): void }>();
  const server = new ssh2.Server({ hostKeys: [pem] }, (connection) => {
    clients.add(connection);
    connection.on('error', () => {});
    connection.on('close', () => clients.delete(connection));
    if (options.letIn !== false) connection.on('authentication', (context) => context.accept());
    const client = loggedIn(connection);
    sockets.add(client.socket as unknown as { destroy(): void });
    behave(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await until(() => clients.size === 0, { what: 'the clients to go' });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function loggedIn(connection: Connection): LoggedIn {
  const { _protocol: protocol, _sock: socket } = connection as unknown as {
    _protocol: ServerProtocol;
    _sock: LoggedIn['socket'] & { once(event: 'drain', then: () => void): void };
  };
  const send = (payload: Buffer): void => {
    if (socket.destroyed) return;
    const { write } = protocol._packetRW;
    const start = write.allocStart;
    const packet = write.alloc(payload.length);
    packet.set(payload, start);
    protocol._cipher.encrypt(write.finalize(packet));
  };
  const flood = (payload: Buffer, count = Number.POSITIVE_INFINITY): void => {
    let left = count;
    const step = (): void => {
      // A key exchange of ssh2's own would queue them without end.
      for (let i = 0; i < 256 && left > 0 && !socket.destroyed && protocol._kexinit === undefined; i += 1) {
        send(payload);
        left -= 1;
      }
      if (left <= 0 || socket.destroyed) return;
      if (socket.writableLength > 256 * 1024) socket.once('drain', step);
      else setImmediate(step);
    };
    step();
  };
  return { connection, send, socket, protocol, flood };
}

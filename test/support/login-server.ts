import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';

/** What a server that follows a script can do beside answering requests. */
export interface LoginTools {
  /** How many connections came before this one. */
  readonly before: number;
  /** SSH_MSG_USERAUTH_BANNER, at any time. */
  banner(text: string): void;
  /** SSH_MSG_DISCONNECT with a text, then the end. */
  disconnect(reason: number, text: string): void;
  /** The connection of this login. */
  readonly client: Connection;
}

export interface LoginServer {
  readonly port: number;
  readonly knownHostsLine: string;
  /** Connections so far. */
  readonly connections: () => number;
  /** The clients that are connected now. */
  readonly clients: () => readonly Connection[];
  stop(): Promise<void>;
}

interface ServerInternals {
  readonly _protocol: {
    readonly _packetRW: {
      readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer };
    };
    readonly _cipher: { encrypt(packet: Buffer): void };
  };
}

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** An SSH server whose authentication is a script: `authenticate` is called for each request. Who is let in may open `direct-tcpip` to nothing. */
export async function startLoginServer(
  authenticate: (context: AuthContext, tools: LoginTools) => void,
): Promise<LoginServer> {
  const clients = new Set<Connection>();
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    const tools: LoginTools = {
      before: connections,
      client,
      banner: (text) => send(client, message(53, text, '')),
      disconnect: (reason, text) => {
        const head = Buffer.alloc(5);
        head.writeUInt8(1, 0);
        head.writeUInt32BE(reason, 1);
        send(client, Buffer.concat([head, lengthPrefixed(text), lengthPrefixed('')]));
        client.end();
      },
    };
    connections += 1;
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => authenticate(context, tools));
    client.on('request', (accept) => accept?.());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return {
    port,
    knownHostsLine: `[127.0.0.1]:${port} ssh-rsa ${key?.getPublicSSH().toString('base64') ?? ''}`,
    connections: () => connections,
    clients: () => [...clients],
    stop: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function send(client: Connection, payload: Buffer): void {
  const { _packetRW, _cipher } = (client as unknown as ServerInternals)._protocol;
  const { write } = _packetRW;
  const start = write.allocStart;
  const packet = write.alloc(payload.length);
  packet.set(payload, start);
  _cipher.encrypt(write.finalize(packet));
}

function message(code: number, ...texts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([code]), ...texts.map(lengthPrefixed)]);
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

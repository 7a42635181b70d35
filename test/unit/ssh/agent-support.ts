import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Server, type Socket, createServer } from 'node:net';
import { WireReader, WireWriter } from '../../../src/main/engine/ssh/wire-format.ts';
import { tempFolder } from '../../support/temp.ts';

export interface FakeAgent {
  readonly path: string;
  readonly requests: number[];
  /** Connections that are open now. */
  readonly open: () => number;
  stop(): Promise<void>;
}

/** An agent whose answers are made by `answer` from whole requests; null: no answer, unless `later` gives it. */
export function startFakeAgent(
  answer: (request: Buffer, later: (reply: Buffer) => void) => Buffer | null,
): Promise<FakeAgent> {
  const path = tempFolder('holdfast-fake-agent-').file('sock');
  const sockets = new Set<Socket>();
  const requests: number[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
        const end = 4 + held.readUInt32BE(0);
        const request = held.subarray(4, end);
        held = held.subarray(end);
        requests.push(request.readUInt8(0));
        const reply = answer(request, (late) => socket.write(late));
        if (reply) socket.write(reply);
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(path, () =>
      resolve({
        path,
        requests,
        open: () => sockets.size,
        stop: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      }),
    );
  });
}

/** A message with its length in front. */
export function framed(payload: Buffer): Buffer {
  return new WireWriter().string(payload).toBuffer();
}

/** An IDENTITIES_ANSWER. */
export function identities(...entries: readonly (readonly [Buffer, string])[]): Buffer {
  const writer = new WireWriter().byte(12).uint32(entries.length);
  for (const [blob, comment] of entries) writer.string(blob).string(comment);
  return framed(writer.toBuffer());
}

/** A FIDO key in software (PROTOCOL.u2f): its public blob, its line for authorized_keys, and an agent's answers with it. */
export function softwareSecurityKey(): {
  readonly blob: Buffer;
  readonly line: string;
  answer(request: Buffer): Buffer | null;
} {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = new WireWriter().string(type).string(raw).string('ssh:').toBuffer();
  let counter = 1;
  return {
    blob,
    line: `${type} ${blob.toString('base64')} token`,
    answer(request) {
      const reader = new WireReader(request);
      if (reader.byte() === 11) return identities([blob, 'token']);
      if (!reader.string().equals(blob)) return framed(Buffer.of(5));
      const data = reader.string();
      counter += 1;
      const tail = new WireWriter().byte(1).uint32(counter).toBuffer();
      const hash = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
      const signed = sign(null, Buffer.concat([hash('ssh:'), tail, hash(data)]), privateKey);
      const signature = new WireWriter().string(type).string(signed).raw(tail).toBuffer();
      return framed(new WireWriter().byte(14).string(signature).toBuffer());
    },
  };
}

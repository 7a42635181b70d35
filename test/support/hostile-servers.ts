import { connect, type Socket } from 'node:net';
import { serveTcp, type TestServer } from './echo-servers.ts';

/** A server that says `chunks`, one each `gapMs`, over and over if `repeat`, and never more. It counts the bytes it got. */
export function serveBytes(
  chunks: readonly (string | Buffer)[],
  { gapMs = 0, repeat = false, end = false }: { gapMs?: number; repeat?: boolean; end?: boolean } = {},
): Promise<TestServer> {
  return serveTcp((socket) => {
    socket.resume();
    socket.on('end', () => socket.destroy());
    let next = 0;
    const step = (): void => {
      if (socket.destroyed) return;
      const chunk = chunks[next % chunks.length];
      if (chunk === undefined || (!repeat && next >= chunks.length)) {
        if (end) socket.end();
        return;
      }
      next += 1;
      if (gapMs > 0) {
        socket.write(chunk);
        timer = setTimeout(step, gapMs);
      } else if (socket.write(chunk)) setImmediate(step);
      else socket.once('drain', step);
    };
    let timer: NodeJS.Timeout | undefined;
    socket.on('close', () => clearTimeout(timer));
    step();
  });
}

/** Takes connections and says nothing. */
export function serveMute(): Promise<TestServer> {
  return serveTcp((socket) => {
    socket.resume();
    socket.on('end', () => socket.destroy());
  });
}

/** Passes bytes to 127.0.0.1:`port`, but dials it only after `delayMs`: its hello comes so late, as from a server that looks up names in vain. */
export function serveLate(port: number, delayMs: number): Promise<TestServer> {
  return serveTcp((client) => {
    const timer = setTimeout(() => {
      const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      upstream.on('error', () => client.destroy());
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
      client.pipe(upstream);
      upstream.pipe(client);
    }, delayMs);
    client.on('close', () => clearTimeout(timer));
  });
}

export interface Relay extends TestServer {
  /** Both sockets of each connection, the client's first. */
  readonly pairs: readonly (readonly [Socket, Socket])[];
}

/** Passes bytes to 127.0.0.1:`port`; `change` may alter what comes from the server, with the count of bytes before it. Null drops it. */
export async function serveRelay(
  port: number,
  change: (chunk: Buffer, before: number) => Buffer | null = (chunk) => chunk,
): Promise<Relay> {
  const pairs: [Socket, Socket][] = [];
  const server = await serveTcp((client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    pairs.push([client, upstream]);
    let count = 0;
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const changed = change(chunk, count);
      count += chunk.length;
      if (changed && !client.destroyed && !client.write(changed)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
    });
    upstream.on('end', () => client.end());
  });
  return {
    port: server.port,
    sockets: server.sockets,
    pairs,
    dispose() {
      for (const [, upstream] of pairs) upstream.destroy();
      server.dispose();
    },
  };
}

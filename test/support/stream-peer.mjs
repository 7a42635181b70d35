// One end of a big transfer, as a process of its own. Usage: stream-peer.mjs serve|connect send|receive|both BYTES [HOST:PORT]
// `serve` prints its port, takes one client; in the end both print what went through them: "sent BYTES sha256" or "received BYTES sha256",
// `both` prints the two with a semicolon between. What is sent is a key stream, so no two blocks of it are alike.
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';

const [, , mode, what, size, address] = process.argv;
const bytes = Number(size);
const block = Buffer.alloc(256 * 1024);

function send(socket) {
  const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const hash = createHash('sha256');
  let left = bytes;
  return new Promise((resolve) => {
    const more = () => {
      while (left > 0) {
        const chunk = stream.update(left < block.length ? block.subarray(0, left) : block);
        hash.update(chunk);
        left -= chunk.length;
        if (!socket.write(chunk)) {
          socket.once('drain', more);
          return;
        }
      }
      socket.end(() => resolve(`${bytes} ${hash.digest('hex')}`));
    };
    more();
  });
}

function receive(socket) {
  const hash = createHash('sha256');
  let got = 0;
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      hash.update(chunk);
      got += chunk.length;
    });
    socket.on('end', () => resolve(`${got} ${hash.digest('hex')}`));
  });
}

async function serve(socket) {
  socket.on('error', (error) => {
    process.stdout.write(`failed: ${error.message}\n`);
    process.exit(1);
  });
  if (what === 'send') {
    socket.resume();
    process.stdout.write(`bytes ${await send(socket)}\n`);
  } else if (what === 'receive') {
    const got = await receive(socket);
    process.stdout.write(`bytes ${got}\n`);
    socket.end();
  } else {
    const received = receive(socket);
    const sent = send(socket);
    process.stdout.write(`sent ${await sent}; received ${await received}\n`);
  }
}

if (mode === 'serve') {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    void serve(socket);
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
} else {
  const at = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), allowHalfOpen: true });
  socket.once('connect', () => void serve(socket));
}

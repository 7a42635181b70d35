// The service behind the tunnels, in a process of its own: `source` sends as many bytes as it is asked for, `sink` counts, `echo` echoes.
// Prints its three ports as JSON and ends with its standard input.
import { createServer } from 'node:net';

const piece = Buffer.alloc(256 * 1024, 'holdfast');
/** Named, because 50 clients come at once. */
const backlog = 1024;

const ports = {
  source: await serve((socket) => {
    socket.once('data', (asked) => {
      let left = Number(asked.toString());
      const feed = () => {
        while (left > 0) {
          const part = left < piece.length ? piece.subarray(0, left) : piece;
          left -= part.length;
          if (!socket.write(part)) return;
        }
        socket.end();
      };
      socket.on('drain', feed);
      feed();
    });
  }),
  sink: await serve((socket) => {
    let count = 0;
    socket.on('data', (chunk) => {
      count += chunk.length;
    });
    socket.on('end', () => socket.end(String(count)));
  }),
  echo: await serve((socket) => socket.pipe(socket)),
};

process.stdin.on('end', () => process.exit(0)).resume();
console.log(JSON.stringify(ports));

function serve(onClient) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    onClient(socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog }, () => resolve(server.address().port));
  });
}

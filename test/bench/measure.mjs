// What is measured and how: transfers, opens, memory and CPU of process trees, and the statistics of them.
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** Moves `bytes` in all over `streams` connections; resolves with seconds from the first connect to the last end. */
export async function transfer(direction, ports, streams, bytes) {
  const each = Math.floor(bytes / streams);
  const move = direction === 'down' ? download : upload;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: streams }, () => move(ports, each)));
  return (performance.now() - startedAt) / 1000;
}

function download(ports, bytes) {
  return new Promise((resolve, reject) => {
    let got = 0;
    const count = (length) => {
      got += length;
      return true;
    };
    const socket = connect({
      port: ports.source,
      host: '127.0.0.1',
      noDelay: true,
      // One buffer for all that comes: the client must not be what is measured.
      onread: { buffer: Buffer.allocUnsafe(256 * 1024), callback: count },
    });
    socket.on('error', reject);
    socket.on('end', () => (got === bytes ? resolve() : reject(new Error(`got ${got} of ${bytes} bytes`))));
    socket.write(String(bytes));
  });
}

const piece = Buffer.alloc(256 * 1024, 'holdfast');

function upload(ports, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: ports.sink, host: '127.0.0.1', noDelay: true });
    let left = bytes;
    const feed = () => {
      while (left > 0) {
        const part = left < piece.length ? piece.subarray(0, left) : piece;
        left -= part.length;
        if (!socket.write(part)) return;
      }
      socket.end();
    };
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('drain', feed);
    socket.on('error', reject);
    socket.on('end', () =>
      said === String(bytes) ? resolve() : reject(new Error(`${said} of ${bytes} bytes arrived`)),
    );
    feed();
  });
}

/** Milliseconds of `count` opens, `inFlight` at a time: from connect until a byte came back through the new channel. */
export async function opens(port, count, inFlight) {
  const times = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      times.push(await open(port));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return times;
}

function open(port) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', reject);
    socket.once('data', () => {
      const took = performance.now() - startedAt;
      socket.end();
      socket.once('close', () => resolve(took));
    });
    socket.write('x');
  });
}

/** The process and all below it. */
export function treeOf(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []));
  return tree;
}

/** Seconds of CPU that these processes have used (all threads; proc(5), schedstat). */
export function cpuSeconds(pids) {
  let ns = 0;
  for (const pid of pids) {
    try {
      for (const task of readdirSync(`/proc/${pid}/task`))
        ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return ns / 1e9;
}

/** Proportional memory of these processes in MiB: what they share counts once. */
export function pssMib(pids) {
  let kib = 0;
  for (const pid of pids) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    kib += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? Number.NaN);
  }
  return kib / 1024;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

import type { Socket } from 'node:net';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { HopStream } from './hop-stream.ts';
import { OneShot } from './one-shot.ts';
import type { SshChannel } from './link.ts';

/** A connected socket as a hop's stream. Takes the socket over; its listeners included. */
export function socketStream(socket: Socket, clock: Clock): HopStream {
  const store = new DisposableStore();
  const onDidEnd = new OneShot<Error | null>();
  let failure: Error | null = null;
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    onDidEnd.fire(failure);
  };
  const localAddress = socket.localAddress ?? null;
  const remoteAddress = socket.remoteAddress ?? null;
  // Stays on for good: a socket without an `error` listener takes the process with it.
  socket.on('error', (error: Error) => {
    failure ??= error;
  });
  store.add(listen(socket, 'end', over));
  store.add(listen(socket, 'close', over));
  return {
    stream: socket,
    onDidEnd: onDidEnd.event,
    localAddress,
    remoteAddress,
    lastWords: () => null,
    close: (graceMs) => {
      isOver = true;
      store.dispose();
      if (socket.destroyed) return;
      const timer = clock.schedule(graceMs, () => socket.destroy());
      socket.once('close', () => timer.dispose());
      // Bytes that still come would keep it open: read and drop them.
      socket.resume();
      socket.destroySoon();
    },
    dispose: () => {
      isOver = true;
      store.dispose();
      socket.destroy();
    },
  };
}

/** A channel through the jump host before this hop as its stream. */
export function channelStream(channel: SshChannel, clock: Clock): HopStream {
  const store = new DisposableStore();
  const onDidEnd = new OneShot<Error | null>();
  const { stream } = channel;
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    onDidEnd.fire(null);
  };
  stream.on('error', () => {});
  store.add(listen(stream, 'end', over));
  store.add(channel.onDidClose(over));
  return {
    stream,
    onDidEnd: onDidEnd.event,
    localAddress: null,
    remoteAddress: null,
    lastWords: () => null,
    close: (graceMs) => {
      isOver = true;
      store.dispose();
      if (channel.isClosed) return;
      const timer = clock.schedule(graceMs, () => channel.dispose());
      channel.onDidClose(() => timer.dispose());
      stream.resume();
      stream.end(() => channel.dispose());
    },
    dispose: () => {
      isOver = true;
      store.dispose();
      channel.dispose();
    },
  };
}

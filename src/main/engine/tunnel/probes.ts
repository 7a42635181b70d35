import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { ProbeConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, assertNever, HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint, ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import type { SshChannel, SshLink } from '../ssh/link.ts';

/** What one probe needs. */
export interface ProbeContext {
  readonly link: SshLink;
  readonly probe: ProbeConfig;
  /** The tunnel's enabled forwards; the first target among them is what `target` tries without an address of its own. */
  readonly forwards: readonly ForwardSpec[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Ends the probe early; its result does not matter any more. */
  readonly signal: AbortSignal;
}

/**
 * Checks the tunnel once from end to end; resolves with the round trip in milliseconds, or with null where the server answers no question and the tunnel
 * can only be taken on trust. Rejects with `probe-failed` (for `target`, with what the
 * server said). Nothing is left open.
 */
export async function runProbe(context: ProbeContext): Promise<number | null> {
  const { probe, link, timeoutMs, clock } = context;
  const startedMs = clock.now();
  switch (probe.kind) {
    case 'keepalive':
      return askLink(link, timeoutMs, clock);
    case 'loop':
      await withinTime(context, (store) => loop(link, store));
      return clock.now() - startedMs;
    case 'echo':
      await withinTime(context, (store, signal) => echo(link, probe.host, probe.port, store, signal));
      return clock.now() - startedMs;
    case 'target': {
      const target = targetOf(context);
      if (!target) return askLink(link, timeoutMs, clock);
      await withinTime(context, async (_store, signal) => {
        const channel = await link.open(target, undefined, signal);
        channel.dispose();
      });
      return clock.now() - startedMs;
    }
    case 'exec': {
      const result = await link.exec(probe.command, timeoutMs);
      if (result.exitCode !== 0) throw probeFailed(`The health check ended with ${describeExit(result)}.`);
      return clock.now() - startedMs;
    }
    default:
      return assertNever(probe);
  }
}

/**
 * Whether the server is there at all; resolves with the time it took in milliseconds, null if it answers no question at all. A saturated uplink
 * answers late: any inbound byte meanwhile is as good as the answer.
 */
export async function askLink(link: SshLink, timeoutMs: number, clock: Clock): Promise<number | null> {
  const before = link.bytesIn;
  const startedMs = clock.now();
  try {
    return await link.ping(timeoutMs);
  } catch (thrown) {
    if (link.isClosed || link.bytesIn === before) throw thrown;
    return clock.now() - startedMs;
  }
}

/** autossh's loop: in through a remote listener, out through a channel, a random message both ways. */
async function loop(link: SshLink, store: DisposableStore): Promise<void> {
  const listener = store.add(await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 }));
  if (listener.port === null) throw probeFailed('The server did not say which port it opened for the loop.');
  const there = newMessage();
  const back = newMessage();
  // Anybody on the server can connect to the port: only the channel that brings our message counts.
  store.add(
    listener.onDidConnect((incoming) => {
      const channel = store.add(incoming.accept());
      void receive(channel, there, store).then(
        () => channel.stream.write(back),
        () => channel.dispose(),
      );
    }),
  );
  const channel = store.add(await link.open({ kind: 'tcp', host: '127.0.0.1', port: listener.port }));
  const answer = receive(channel, back, store);
  channel.stream.write(there);
  await answer;
}

async function echo(
  link: SshLink,
  host: string,
  port: number,
  store: DisposableStore,
  signal: AbortSignal,
): Promise<void> {
  const channel = store.add(await link.open({ kind: 'tcp', host, port }, undefined, signal));
  const message = newMessage();
  const answer = receive(channel, message, store);
  channel.stream.write(message);
  await answer;
}

function newMessage(): Buffer {
  return Buffer.from(`holdfast ${randomBytes(16).toString('hex')}\r\n`, 'latin1');
}

/** Resolves when exactly `expected` has come, rejects on other bytes and when the channel ends before. */
function receive(channel: SshChannel, expected: Buffer, store: DisposableStore): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    let got = Buffer.alloc(0);
    store.add(
      listen(channel.stream, 'data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk]);
        if (!expected.subarray(0, got.length).equals(got)) reject(probeFailed('Other bytes came back than were sent.'));
        else if (got.length === expected.length) resolve();
      }),
    );
    const ended = (): void => reject(probeFailed('The channel closed before the message came back.'));
    store.add(listen(channel.stream, 'end', ended));
    store.add(channel.onDidClose(ended));
    // Never taken away: an error after the answer must not become an uncaught one.
    channel.stream.on('error', ended);
    if (channel.isClosed) ended();
  });
  // The one who waits may be gone when it rejects.
  answer.catch(() => {});
  return answer;
}

/** Runs `work` with a time limit; whatever it opened is closed at the end, also what comes late. */
async function withinTime(
  { clock, timeoutMs, signal }: ProbeContext,
  work: (store: DisposableStore, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const store = new DisposableStore();
  const abort = new AbortController();
  const limits = new DisposableStore();
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = (error: HoldfastError): void => {
        reject(error);
        abort.abort(error);
      };
      const onAbort = (): void => stop(probeFailed('The check was called off.'));
      limits.add(clock.schedule(timeoutMs, () => stop(noAnswer(timeoutMs))));
      signal.addEventListener('abort', onAbort, { once: true });
      limits.defer(() => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) onAbort();
      else work(store, abort.signal).then(resolve, (thrown: unknown) => reject(asHoldfastError(thrown, 'probe')));
    });
  } finally {
    limits.dispose();
    store.dispose();
  }
}

function targetOf({ probe, forwards }: ProbeContext): Endpoint | null {
  if (probe.kind === 'target' && probe.host !== null && probe.port !== null) {
    return { kind: 'tcp', host: probe.host, port: probe.port };
  }
  for (const forward of forwards) if (forward.kind === 'local') return forward.target;
  return null;
}

function describeExit(result: { readonly exitCode: number | null; readonly signal: string | null }): string {
  return result.exitCode === null ? `the signal ${result.signal ?? 'unknown'}` : `exit status ${result.exitCode}`;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** A check that got no answer in its time. */
export function noAnswer(timeoutMs: number): HoldfastError {
  return probeFailed(`No answer came within ${seconds(timeoutMs)} s.`);
}

/** A check that failed. */
export function probeFailed(message: string): HoldfastError {
  return new HoldfastError({
    code: 'probe-failed',
    where: 'probe',
    phase: 'probe',
    message,
    next: 'The server answers, so the connection stays. Look at what the check asks for, and at the probe setting of the tunnel.',
  });
}

/** The note of a tunnel whose server answers no question. */
export function answersNothing(host: string): HoldfastError {
  return new HoldfastError({
    code: 'probe-failed',
    where: host,
    message: `${host} answers no question, so whether it is still there shows only while bytes come.`,
    next: 'The tunnel can be used. If it is given up when idle, set alive-interval = "0s" for this host, or check something behind it with probe.',
    phase: 'probe',
  });
}

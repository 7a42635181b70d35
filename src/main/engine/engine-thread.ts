import { parentPort, workerData } from 'node:worker_threads';
import { asHoldfastError, assertNever, HoldfastError } from '../../shared/model/failure.ts';
import { Engine } from './engine.ts';
import { FaultGuard } from './fault-guard.ts';
import { systemClock } from './lifecycle/clock.ts';
import { cryptoPath } from './ssh/ssh2-seam.ts';
import type { ThreadCommand, ThreadMessage, ThreadOptions } from './thread-messages.ts';

/** The entry of the engine's thread: starts one engine, tells when it is ready, ends it when told. */

const port = parentPort;
if (!port) throw new Error('the engine runs on a thread of its own: start it through headless.ts');

const { profile, logToStderr, mayBeMissing } = workerData as ThreadOptions;
const engine = new Engine({ profile, logToStderr, mayBeMissing, onShutdown: () => void end() });

const guard = new FaultGuard({
  clock: systemClock,
  onFault: (thrown) => engine.noteFault(thrown),
  onStorm: (thrown) => {
    engine.noteFault(thrown);
    const { message } = asHoldfastError(thrown, profile.configFile);
    const storm = new HoldfastError({
      code: 'internal',
      where: profile.configFile,
      message: `The engine ended because too many internal faults came at once; the last one: ${message}`,
      next: 'Start it again, and please report it with the log.',
    });
    tell({ kind: 'failed', causes: [storm.toCause()], exitCode: 1 });
    void end();
  },
});
// Unhandled rejections come here too.
process.on('uncaughtException', (thrown) => guard.take(thrown));

let ending: Promise<void> | null = null;

function end(): Promise<void> {
  ending ??= engine.stop().then(() => {
    tell({ kind: 'stopped' });
    port?.close();
  });
  return ending;
}

function tell(message: ThreadMessage): void {
  port?.postMessage(message);
}

port.on('message', (command: ThreadCommand) => {
  switch (command.kind) {
    case 'stop':
      void end();
      break;
    case 'attach':
      engine.attach(command.port);
      break;
    default:
      assertNever(command);
  }
});

try {
  await engine.start();
  const line = `holdfast is ready: ${profile.configFile} (${profile.socketPath})`;
  tell({ kind: 'ready', line, cryptoPath: cryptoPath() });
} catch (thrown) {
  const error = asHoldfastError(thrown, profile.configFile);
  const exitCode = error instanceof HoldfastError && error.code === 'config' ? 2 : 1;
  tell({ kind: 'failed', causes: [error.toCause()], exitCode });
  await end();
}

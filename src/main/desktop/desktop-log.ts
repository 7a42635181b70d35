import { systemClock } from '../engine/lifecycle/clock.ts';
import { FaultGuard } from '../engine/fault-guard.ts';
import { createLogStore, type LogStore } from '../engine/log/log-store.ts';

/** Small: the app itself has little to say; what tunnels do stands in the engine's logs. */
const maxBytes = 512 * 1024;
const files = 3;

/** The app's own log, `desktop.log` beside the engine's. */
export function openDesktopLog(folder: string): LogStore {
  return createLogStore({ folder, level: 'info', clock: systemClock, maxBytes, files, mainFile: 'desktop.log' });
}

/**
 * Takes what nobody caught in the main process. Electron's own answer is a box that holds the whole process until somebody presses its button, tray
 * and quitting too. Here it is logged and the app goes on; after a storm of them it ends.
 */
export function bearFaults(logs: LogStore, onStorm: () => void): void {
  const guard = new FaultGuard({
    clock: systemClock,
    onFault: (error) => logs.root.error('An internal fault; the app goes on. Please report it', described(error)),
    onStorm: (error) => {
      logs.root.error('Too many internal faults at once; the app ends', described(error));
      onStorm();
    },
  });
  // Unhandled rejections come here too.
  process.on('uncaughtException', (error) => guard.take(error));
}

function described(error: unknown): { readonly error: unknown; readonly stack: string } {
  return { error, stack: error instanceof Error ? (error.stack ?? '') : '' };
}

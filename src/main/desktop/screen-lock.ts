import { powerMonitor } from 'electron';
import { type Disposable, DisposableStore, listen } from '../engine/lifecycle/disposable.ts';
import { BusMonitor } from './bus-monitor.ts';
import { isLockLine } from './lock-line.ts';

/** Tells when the screen is locked. Windows and macOS tell Electron; on Linux logind does. */
export function watchScreenLock(onLock: () => void, env: NodeJS.ProcessEnv = process.env): Disposable {
  const store = new DisposableStore();
  if (process.platform === 'linux') {
    const session = env['XDG_SESSION_ID'] ?? null;
    store.add(
      new BusMonitor(['--system', '--dest', 'org.freedesktop.login1'], (line) => {
        if (isLockLine(line, session)) onLock();
      }),
    );
  } else store.add(listen(powerMonitor, 'lock-screen', onLock));
  return store;
}

import { powerMonitor } from 'electron';
import { type Disposable, DisposableStore, listen } from '../engine/lifecycle/disposable.ts';

export interface PowerListener {
  onSuspend(): void;
  onResume(): void;
  /** The system goes down: no questions, be quick. */
  onShutdown(): void;
}

/** Suspend, resume and shutdown as the system tells them. Network changes are seen by the engine itself, on every kind of machine. */
export function watchPower(listener: PowerListener): Disposable {
  const store = new DisposableStore();
  store.add(listen(powerMonitor, 'suspend', () => listener.onSuspend()));
  store.add(listen(powerMonitor, 'resume', () => listener.onResume()));
  if (process.platform !== 'win32') {
    store.add(
      listen(powerMonitor, 'shutdown', (event?: { preventDefault?: () => void }) => {
        // Held back until the engine has ended; it is quick.
        event?.preventDefault?.();
        listener.onShutdown();
      }),
    );
  }
  return store;
}

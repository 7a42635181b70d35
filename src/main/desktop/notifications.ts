import { Notification } from 'electron';
import { type Clock, systemClock } from '../engine/lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { asShown, bodyFormat } from './notification-body.ts';
import type { Notice, NoticeStep, NotificationPolicy } from './notification-policy.ts';
import type { ShellEvent } from './shell-state.ts';

export interface NotificationsOptions {
  readonly policy: NotificationPolicy;
  readonly icon: string;
  readonly enabled: () => boolean;
  /** The person looks at the window already: it tells the same. */
  readonly watched: () => boolean;
  readonly onClick: (page: string) => void;
  readonly clock?: Clock;
  /** How this desktop reads the body of a notification. */
  readonly format?: typeof bodyFormat;
}

/** Shows what the policy says, one notification a key. */
export class Notifications implements Disposable {
  readonly #options: NotificationsOptions;
  readonly #clock: Clock;
  readonly #store = new DisposableStore();
  readonly #timer = this.#store.add(new MutableDisposable());
  readonly #shown = new Map<string, Notification>();
  /** Steps that were begun: each waits for those before it. */
  #done: Promise<void> = Promise.resolve();

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#store.defer(() => {
      for (const notification of this.#shown.values()) notification.close();
    });
  }

  /** Rows as they are now: nothing of it is news. */
  begin(tunnels: Parameters<NotificationPolicy['begin']>[0]): void {
    this.#options.policy.begin(tunnels, this.#clock.now());
    this.#arm();
  }

  take(event: ShellEvent): void {
    if (event.kind !== 'tunnels') return;
    const { policy } = this.#options;
    this.#do(policy.changed(event.changed, this.#clock.now()));
    policy.removed(event.removed);
    this.#arm();
  }

  /** Shows or withdraws at once. */
  show(steps: readonly NoticeStep[]): void {
    this.#do(steps);
  }

  suspended(): void {
    this.#options.policy.suspended();
  }

  resumed(): void {
    this.#options.policy.resumed(this.#clock.now());
    this.#arm();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #arm(): void {
    const due = this.#options.policy.nextDueMs();
    this.#timer.clear();
    if (due === null) return;
    this.#timer.value = this.#clock.schedule(Math.max(0, due - this.#clock.now()) + 1, () => {
      this.#do(this.#options.policy.due(this.#clock.now()));
      this.#arm();
    });
  }

  #do(steps: readonly NoticeStep[]): void {
    const { enabled, watched } = this.#options;
    for (const step of steps) {
      if (step.kind === 'withdraw') this.#then(() => this.#withdraw(step.key));
      else if (enabled() && !watched() && Notification.isSupported()) this.#then(() => this.#show(step.notice));
    }
  }

  #then(step: () => Promise<void> | void): void {
    this.#done = this.#done.then(() => (this.#store.isDisposed ? undefined : step()));
  }

  async #show(notice: Notice): Promise<void> {
    const format = await (this.#options.format ?? bodyFormat)();
    if (this.#store.isDisposed) return;
    const { key, page } = notice;
    this.#withdraw(key);
    const notification = new Notification({ ...asShown(notice, format), silent: true, icon: this.#options.icon });
    this.#shown.set(key, notification);
    const forget = (): void => {
      if (this.#shown.get(key) === notification) this.#shown.delete(key);
    };
    notification.on('click', () => {
      forget();
      this.#options.onClick(page);
    });
    notification.on('close', forget);
    notification.on('failed', forget);
    notification.show();
  }

  #withdraw(key: string): void {
    const before = this.#shown.get(key);
    this.#shown.delete(key);
    before?.close();
  }
}

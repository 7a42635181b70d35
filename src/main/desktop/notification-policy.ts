import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import { notificationLimits } from './notification-limits.ts';

/**
 * What is told by a notification, and what is not: needs you, gave up, was up and has been down for a while, back after that, port busy. Never a
 * start, a stop, sleep or wake. One a host, replaced and not stacked. Pure: time comes in with each call.
 */

export interface Notice {
  /** A later notice of this key takes the place of the one before. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
  /** Where a click leads: a page of the window, or `prompts`. */
  readonly page: string;
}

export type NoticeStep =
  | { readonly kind: 'show'; readonly notice: Notice }
  | { readonly kind: 'withdraw'; readonly key: string };

interface Track {
  host: string;
  upSinceMs: number | null;
  downSinceMs: number | null;
  /** The outage was told, so its end will be. */
  told: boolean;
  dead: boolean;
  busyPort: boolean;
}

/** Names in a title before it says "over HOST" instead. */
const namesInTitle = 2;

export class NotificationPolicy {
  readonly #texts: DesktopTexts;
  readonly #limits: typeof notificationLimits;
  readonly #tracks = new Map<string, Track>();
  #asleep = false;

  constructor(texts: DesktopTexts, limits: typeof notificationLimits = notificationLimits) {
    this.#texts = texts;
    this.#limits = limits;
  }

  /** Rows as they are when the shell joins: the past is not news. */
  begin(tunnels: readonly TunnelStatus[], nowMs: number): void {
    this.#tracks.clear();
    for (const tunnel of tunnels) {
      this.#follow(tunnel, nowMs);
      const track = this.#tracks.get(tunnel.name);
      if (track) track.dead = tunnel.state.kind === 'dead';
    }
  }

  /** Rows that changed. */
  changed(tunnels: readonly TunnelStatus[], nowMs: number): NoticeStep[] {
    const back: { name: string; host: string; downMs: number }[] = [];
    const dead: TunnelStatus[] = [];
    const busy: { name: string; host: string; message: string }[] = [];
    for (const tunnel of tunnels) {
      const outcome = this.#follow(tunnel, nowMs);
      if (outcome.backAfterMs !== null)
        back.push({ name: tunnel.name, host: tunnel.host, downMs: outcome.backAfterMs });
      if (outcome.died) dead.push(tunnel);
      if (outcome.busy !== null) busy.push({ name: tunnel.name, host: tunnel.host, message: outcome.busy });
    }
    return [...this.#backNotices(back), ...this.#deadNotices(dead), ...this.#busyNotices(busy)];
  }

  removed(names: readonly string[]): void {
    for (const name of names) this.#tracks.delete(name);
  }

  /** Outages that have lasted long enough by now. Call it now and then. */
  due(nowMs: number): NoticeStep[] {
    if (this.#asleep) return [];
    const lost = new Map<string, string[]>();
    for (const [name, track] of this.#tracks) {
      if (track.told || track.downSinceMs === null || nowMs - track.downSinceMs < this.#limits.minDownMs) continue;
      track.told = true;
      lost.set(track.host, [...(lost.get(track.host) ?? []), name]);
    }
    const { notify } = this.#texts;
    return [...lost].map(
      ([host, names]): NoticeStep => ({
        kind: 'show',
        notice: {
          key: `host:${host}`,
          title: names.length > namesInTitle ? notify.lostSeveral(host) : notify.lost(names.join(', ')),
          body: names.length > namesInTitle ? names.join(', ') : '',
          page: `tunnel/${names[0] ?? ''}`,
        },
      }),
    );
  }

  /** When `due` may have something to say, null if nothing is under way. */
  nextDueMs(): number | null {
    const times = [...this.#tracks.values()].flatMap(({ told, downSinceMs }) =>
      told || downSinceMs === null ? [] : [downSinceMs + this.#limits.minDownMs],
    );
    return times.length === 0 ? null : Math.min(...times);
  }

  suspended(): void {
    this.#asleep = true;
  }

  /** Time asleep is not an outage: what is down gets its whole time again. */
  resumed(nowMs: number): void {
    this.#asleep = false;
    for (const track of this.#tracks.values()) if (track.downSinceMs !== null) track.downSinceMs = nowMs;
  }

  /** A question that nobody has a window for. */
  prompted(prompt: Prompt): NoticeStep[] {
    const { notify } = this.#texts;
    const notice: Notice = {
      key: `prompt:${prompt.hop}`,
      title: notify.needsYou(prompt.hop),
      // Without the server's words: they are read where they stand whole.
      body: (prompt.elsewhere === null ? notify.asks[prompt.kind] : notify.elsewhere)(prompt.tunnels.join(', ')),
      page: 'prompts',
    };
    return [{ kind: 'show', notice }];
  }

  /** The question is answered or not needed any more; `left` are those that still wait. */
  promptClosed(prompt: Prompt, left: readonly Prompt[]): NoticeStep[] {
    if (left.some(({ hop }) => hop === prompt.hop)) return [];
    return [{ kind: 'withdraw', key: `prompt:${prompt.hop}` }];
  }

  #follow(
    { name, host, state, forwards }: TunnelStatus,
    nowMs: number,
  ): { backAfterMs: number | null; died: boolean; busy: string | null } {
    const track = this.#tracks.get(name) ?? {
      host,
      upSinceMs: null,
      downSinceMs: null,
      told: false,
      dead: false,
      busyPort: false,
    };
    this.#tracks.set(name, track);
    track.host = host;
    const wasDead = track.dead;
    track.dead = state.kind === 'dead';
    const cause = forwards.find((forward) => forward.cause?.code === 'port-in-use')?.cause ?? null;
    const busy = cause !== null && !track.busyPort ? this.#texts.causeSays(cause) : null;
    track.busyPort = cause !== null;
    let backAfterMs: number | null = null;
    switch (state.kind) {
      case 'running':
        if (track.told && track.downSinceMs !== null) backAfterMs = nowMs - track.downSinceMs;
        track.upSinceMs ??= nowMs;
        track.downSinceMs = null;
        track.told = false;
        break;
      case 'starting':
      case 'interactive':
      case 'retrying':
        if (track.upSinceMs !== null && track.downSinceMs === null && nowMs - track.upSinceMs >= this.#limits.minUpMs)
          track.downSinceMs = nowMs;
        track.upSinceMs = null;
        break;
      case 'stopped':
      case 'listening':
      case 'dead':
        track.upSinceMs = null;
        track.downSinceMs = null;
        track.told = false;
        break;
    }
    return { backAfterMs, died: track.dead && !wasDead, busy };
  }

  #backNotices(back: readonly { name: string; host: string; downMs: number }[]): NoticeStep[] {
    const { notify } = this.#texts;
    return byHost(back).map(([host, rows]): NoticeStep => {
      const names = rows.map(({ name }) => name);
      return {
        kind: 'show',
        notice: {
          key: `host:${host}`,
          title: names.length > namesInTitle ? notify.backSeveral(host) : notify.back(names.join(', ')),
          body: notify.downFor(this.#duration(Math.max(...rows.map(({ downMs }) => downMs)))),
          page: `tunnel/${names[0] ?? ''}`,
        },
      };
    });
  }

  #deadNotices(dead: readonly TunnelStatus[]): NoticeStep[] {
    return byHost(dead).map(([host, rows]): NoticeStep => {
      const first = rows[0];
      return {
        kind: 'show',
        notice: {
          key: `host:${host}`,
          title: this.#texts.notify.gaveUp(rows.map(({ name }) => name).join(', ')),
          body: first?.state.kind === 'dead' ? this.#texts.errorText(first.state.cause) : '',
          page:
            first?.state.kind === 'dead' && first.state.cause.code === 'host-key-changed'
              ? `changed-key/${first.name}`
              : `tunnel/${first?.name ?? ''}`,
        },
      };
    });
  }

  #busyNotices(busy: readonly { name: string; host: string; message: string }[]): NoticeStep[] {
    return byHost(busy).map(
      ([host, rows]): NoticeStep => ({
        kind: 'show',
        notice: {
          key: `port:${host}`,
          title: this.#texts.notify.portBusy(rows.map(({ name }) => name).join(', ')),
          body: rows[0]?.message ?? '',
          page: `tunnel/${rows[0]?.name ?? ''}`,
        },
      }),
    );
  }

  #duration(ms: number): string {
    const { notify } = this.#texts;
    const seconds = Math.max(1, Math.round(ms / 1000));
    if (seconds < 90) return notify.seconds(seconds);
    const minutes = Math.round(seconds / 60);
    return minutes < 90 ? notify.minutes(minutes) : notify.hours(Math.round(minutes / 60));
  }
}

function byHost<T extends { readonly host: string }>(rows: readonly T[]): [string, T[]][] {
  const hosts = new Map<string, T[]>();
  for (const row of rows) hosts.set(row.host, [...(hosts.get(row.host) ?? []), row]);
  return [...hosts];
}

import { webcrypto } from 'node:crypto';
import { type Exchange, freshWord, nextSecret, secretId } from '../../../shared/contract/proof.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';

/** A link that nobody opened is good for so long. */
export const linkLifeMs = 10 * 60_000;
/** A session without a page, as between closing a tab and opening it again, is good for so long. */
export const sessionRestMs = 60 * 60_000;
/** Unused links and sessions at once; the oldest goes. */
const maxLinks = 32;
const maxSessions = 64;

/** What a page may prove. */
interface Known {
  readonly id: string;
  readonly secret: string;
  /** Its end, while no page is there. */
  readonly expiry: MutableDisposable;
  /** The same by the wall clock, which goes on while the machine sleeps. */
  restsUntilMs: number;
}

/** A page's share of its session; the session rests when the last one is disposed of. */
export type PanelShare = Disposable;

/**
 * Who may come into the panel. A link's secret is traded once for that of a session, which both sides make from the exchange that proved the link; neither
 * is ever sent. All of it is in this object's memory alone and ends with it.
 */
export class PanelSecrets implements Disposable {
  readonly #clock: Clock;
  readonly #store = new DisposableStore();
  readonly #links = new Map<string, Known>();
  readonly #sessions = new Map<string, Known & { pages: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The secret of a fresh link. */
  async newLink(): Promise<string> {
    const secret = freshWord(webcrypto);
    const link = this.#known(await secretId(webcrypto, secret), secret);
    this.#makeRoom(this.#links, maxLinks);
    this.#links.set(link.id, link);
    this.#expire(this.#links, link, linkLifeMs);
    return secret;
  }

  /** The secret of a link or session by its id, null if there is none or none any more. */
  secretOf(id: string): string | null {
    for (const among of [this.#links, this.#sessions]) {
      const known = among.get(id);
      if (known === undefined) continue;
      if (this.#clock.wallNow() < known.restsUntilMs) return known.secret;
      this.#forget(among, known);
    }
    return null;
  }

  /** Lets a page in that has proved the secret `id` names. A link is spent by it; null if it was, or has expired, meanwhile. */
  async admit(id: string, exchange: Exchange): Promise<PanelShare | null> {
    const link = this.#links.get(id);
    if (link === undefined) return this.#share(id);
    // Before the first wait: of two pages with the same link one comes in.
    this.#forget(this.#links, link);
    const secret = await nextSecret(webcrypto, link.secret, exchange);
    const session = { ...this.#known(await secretId(webcrypto, secret), secret), pages: 0 };
    this.#makeRoom(this.#sessions, maxSessions);
    this.#sessions.set(session.id, session);
    return this.#share(session.id);
  }

  dispose(): void {
    this.#links.clear();
    this.#sessions.clear();
    this.#store.dispose();
  }

  #known(id: string, secret: string): Known {
    return { id, secret, expiry: this.#store.add(new MutableDisposable()), restsUntilMs: Number.POSITIVE_INFINITY };
  }

  #share(id: string): PanelShare | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return null;
    session.pages += 1;
    session.expiry.clear();
    session.restsUntilMs = Number.POSITIVE_INFINITY;
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        session.pages -= 1;
        if (session.pages === 0) this.#expire(this.#sessions, session, sessionRestMs);
      },
    };
  }

  #expire(among: Map<string, Known>, known: Known, afterMs: number): void {
    known.restsUntilMs = this.#clock.wallNow() + afterMs;
    known.expiry.value = this.#clock.schedule(afterMs, () => this.#forget(among, known));
  }

  #forget(among: Map<string, Known>, known: Known): void {
    among.delete(known.id);
    this.#store.release(known.expiry);
  }

  /** Of those that nobody uses, the one that came first goes. */
  #makeRoom(among: Map<string, Known & { readonly pages?: number }>, limit: number): void {
    if (among.size < limit) return;
    const oldest = [...among.values()].find(({ pages = 0 }) => pages === 0);
    if (oldest !== undefined) this.#forget(among, oldest);
  }
}

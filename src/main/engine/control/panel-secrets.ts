import { webcrypto } from 'node:crypto';
import { type Exchange, freshWord, nextSecret, secretId } from '../../../shared/contract/proof.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';

/** A link that nobody opened is good for so long. */
export const linkLifeMs = 10 * 60_000;
/**
 * A session without a page is good for so long: a page that is loaded again is back at once, one that lost its connection within seconds, and
 * within a minute where the browser lets hidden pages run once a minute.
 */
export const sessionRestMs = 90_000;
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
  /** A page is there that goes on with it. */
  isHeld: boolean;
  /** What follows from it, while the page that proved it has not said yet that it knows. */
  heir: Known | null;
}

/** A page's share of its session; the session rests when it is disposed of. */
export interface PanelShare extends Disposable {
  /**
   * The page has spoken, so it has the next secret: what it came in with is worth nothing from here on. False: another page came in with the same
   * since, and this one is none any more.
   */
  confirm(): boolean;
}

/**
 * Who may come into the panel. What a page proves, of a link or of a session, is good for one connection: both sides make the next secret from the exchange
 * that proved it, and neither is ever sent. The old one ends with the first word that the page says after the proof, for a page whose connection broke
 * before it heard that it is in has nothing but the old one. All of it is in this object's memory alone and ends with it.
 */
export class PanelSecrets implements Disposable {
  readonly #clock: Clock;
  readonly #store = new DisposableStore();
  readonly #links = new Map<string, Known>();
  readonly #sessions = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The secret of a fresh link. */
  async newLink(): Promise<string> {
    const secret = freshWord(webcrypto);
    const link = this.#known(await secretId(webcrypto, secret), secret);
    this.#makeRoom(this.#links, maxLinks);
    this.#links.set(link.id, link);
    this.#expire(link, linkLifeMs);
    return secret;
  }

  /** The secret of a link or session by its id, null if there is none or none any more. */
  secretOf(id: string): string | null {
    const known = this.#find(id);
    if (known === null) return null;
    if (this.#clock.wallNow() < known.restsUntilMs) return known.secret;
    this.#forget(known);
    return null;
  }

  /** Lets a page in that has proved the secret `id` names; null if that was spent or has expired meanwhile. */
  async admit(id: string, exchange: Exchange): Promise<PanelShare | null> {
    const known = this.#find(id);
    if (known === null) return null;
    const secret = await nextSecret(webcrypto, known.secret, exchange);
    const heir = this.#known(await secretId(webcrypto, secret), secret);
    if (this.#find(id) !== known) {
      this.#forget(heir);
      return null;
    }
    // Of two pages with the same one comes in: the later, for the earlier may be gone without a word.
    if (known.heir !== null) this.#forget(known.heir);
    known.heir = heir;
    heir.isHeld = true;
    this.#makeRoom(this.#sessions, maxSessions);
    this.#sessions.set(heir.id, heir);
    return this.#share(known, heir);
  }

  dispose(): void {
    this.#links.clear();
    this.#sessions.clear();
    this.#store.dispose();
  }

  #find(id: string): Known | null {
    return this.#links.get(id) ?? this.#sessions.get(id) ?? null;
  }

  #known(id: string, secret: string): Known {
    return {
      id,
      secret,
      expiry: this.#store.add(new MutableDisposable()),
      restsUntilMs: Number.POSITIVE_INFINITY,
      isHeld: false,
      heir: null,
    };
  }

  #share(known: Known, heir: Known): PanelShare {
    return {
      confirm: () => {
        if (this.#find(heir.id) !== heir) return false;
        this.#forget(known);
        return true;
      },
      dispose: () => {
        if (!heir.isHeld) return;
        heir.isHeld = false;
        if (this.#find(heir.id) === heir) this.#expire(heir, sessionRestMs);
      },
    };
  }

  #expire(known: Known, afterMs: number): void {
    known.restsUntilMs = this.#clock.wallNow() + afterMs;
    known.expiry.value = this.#clock.schedule(afterMs, () => this.#forget(known));
  }

  #forget(known: Known): void {
    for (const among of [this.#links, this.#sessions]) if (among.get(known.id) === known) among.delete(known.id);
    this.#store.release(known.expiry);
  }

  /** Of those that nobody uses, the one that came first goes. */
  #makeRoom(among: Map<string, Known>, limit: number): void {
    if (among.size < limit) return;
    const oldest = [...among.values()].find(({ isHeld }) => !isHeld);
    if (oldest !== undefined) this.#forget(oldest);
  }
}

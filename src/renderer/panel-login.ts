import { askForProof, isWord, nextSecret, type ProofCrypto, type ProofWire } from '../shared/contract/proof.ts';

/** Where a session's secret is kept over a reload: in this tab, for this address. */
const storageKey = 'holdfast.session';

/** What the login works on; the browser's own in a page. */
export interface LoginPlaces {
  readonly location: Pick<Location, 'hash' | 'origin' | 'pathname'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Undefined where the page is not in a secure context. */
  readonly crypto: ProofCrypto | undefined;
}

/** The secret in a link's fragment, null if it has none. */
export function linkSecret(hash: string): string | null {
  const secret = hash.startsWith('#link=') ? hash.slice('#link='.length) : '';
  return isWord(secret) ? secret : null;
}

/**
 * The page's side of the panel's login. It begins with the secret of a link, which is never sent, or with that of a session that this tab had. Only a
 * server that proves the same secret, at each connection anew, gets or shows anything; then both go on with the next one, which follows from that proof.
 *
 * The tab's storage can be read by whatever page comes from this address next, also by one of a stranger's server that took the port. So the secret is
 * there only while the engine that knows it is connected: then nobody else has the port. Without a connection it is in this page's memory alone. A tab
 * that goes elsewhere leaves it behind, for no page is told whether it is left or loaded again; to the engine it is worth nothing soon after.
 */
export class PanelLogin {
  readonly #places: LoginPlaces;
  #secret: string | null;

  constructor(places: LoginPlaces) {
    this.#places = places;
    const link = linkSecret(places.location.hash);
    this.#secret = link ?? this.#stored();
    if (link !== null) this.#store(null);
  }

  /** Both sides prove the secret over a fresh connection. False: this page has ended. Rejects as `wire.next` does. */
  async enter(wire: ProofWire): Promise<boolean> {
    const { crypto, location } = this.#places;
    const secret = this.#secret;
    if (secret === null || crypto?.subtle === undefined) return this.#end();
    const exchange = await askForProof(crypto, secret, location.origin, wire);
    if (exchange === null) return this.#end();
    // Kept before a word is said to the engine, with which the old one ends.
    this.#secret = await nextSecret(crypto, secret, exchange);
    this.#forgetLink();
    this.#store(this.#secret);
    return true;
  }

  /** The connection is gone. */
  leave(): void {
    this.#store(null);
  }

  #end(): false {
    this.#secret = null;
    this.#forgetLink();
    this.#store(null);
    return false;
  }

  /** A spent link stands in no address bar. */
  #forgetLink(): void {
    const { location, history } = this.#places;
    if (location.hash.startsWith('#link=')) history.replaceState(null, '', location.pathname);
  }

  #stored(): string | null {
    try {
      const stored = this.#places.storage.getItem(storageKey);
      return stored !== null && isWord(stored) ? stored : null;
    } catch {
      return null;
    }
  }

  #store(secret: string | null): void {
    try {
      if (secret === null) this.#places.storage.removeItem(storageKey);
      else this.#places.storage.setItem(storageKey, secret);
    } catch {
      // A browser without storage forgets the session at the next load.
    }
  }
}

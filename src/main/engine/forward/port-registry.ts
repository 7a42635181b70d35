import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';

/** A place on this machine where one program can listen. */
export type LocalPlace =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Which of our tunnels holds which local address or path: the name in `port-in-use`; and where Holdfast itself answers. One for an engine. */
export class PortRegistry {
  readonly #claims = new Set<{ readonly place: LocalPlace; readonly tunnel: string }>();

  readonly #own = new Set<LocalPlace>();

  /** Where Holdfast itself answers (control socket, panel): no server gets there through a remote forward. */
  get own(): readonly LocalPlace[] {
    return [...this.#own];
  }

  /** Notes that Holdfast itself answers there, until the result is disposed of. */
  reserve(place: LocalPlace): Disposable {
    const own = { ...place };
    this.#own.add(own);
    return toDisposable(() => this.#own.delete(own));
  }

  /** Notes that `tunnel` listens there, until the result is disposed of. */
  claim(tunnel: string, place: LocalPlace): Disposable {
    const claim = { place, tunnel };
    this.#claims.add(claim);
    return toDisposable(() => this.#claims.delete(claim));
  }

  /** The tunnel that holds the place or one that overlaps with it (a wildcard address), or null. */
  holderOf(place: LocalPlace): string | null {
    for (const claim of this.#claims) if (overlap(claim.place, place)) return claim.tunnel;
    return null;
  }
}

function overlap(a: LocalPlace, b: LocalPlace): boolean {
  if (a.kind === 'unix') return b.kind === 'unix' && a.path === b.path;
  if (b.kind === 'unix' || a.port !== b.port) return false;
  if (a.address === b.address) return true;
  if (a.address.includes(':') !== b.address.includes(':')) return false;
  return isWildcard(a.address) || isWildcard(b.address);
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

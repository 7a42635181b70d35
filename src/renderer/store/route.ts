import { useSyncExternalStore } from 'react';

/** The tabs of a tunnel's detail. */
export type DetailTab = 'overview' | 'log' | 'settings';

/** Where the window is. Kept in the address's hash, so that a reload and the back button work. */
export type Route =
  | { readonly page: 'tunnels'; readonly name: string | null; readonly tab: DetailTab }
  /** `command`: an ssh command line to start from. */
  | { readonly page: 'new'; readonly command: string | null }
  | { readonly page: 'edit'; readonly name: string }
  | {
      readonly page: 'logins' | 'activity' | 'settings' | 'known-hosts' | 'credentials' | 'first-run' | 'about';
    };

const plainPages = ['logins', 'activity', 'settings', 'known-hosts', 'credentials', 'first-run', 'about'] as const;

const noRoute: Route = { page: 'tunnels', name: null, tab: 'overview' };

/** Reads `#/tunnels/NAME/log`, `#/new?command=…`, `#/edit/NAME`, `#/settings`; anything unknown is the list. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [page = '', name = '', tab = ''] = path.split('/').map(decode);
  if (page === 'tunnels' || page === 'tunnel')
    return { page: 'tunnels', name: name || null, tab: tab === 'log' || tab === 'settings' ? tab : 'overview' };
  if (page === 'new') return { page: 'new', command: new URLSearchParams(query).get('command') };
  if (page === 'edit' && name !== '') return { page: 'edit', name };
  const plain = plainPages.find((known) => known === page);
  return plain === undefined ? noRoute : { page: plain };
}

/** The hash of a route. */
export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'tunnels': {
      if (route.name === null) return '#/tunnels';
      return `#/tunnels/${encodeURIComponent(route.name)}${route.tab === 'overview' ? '' : `/${route.tab}`}`;
    }
    case 'new':
      return route.command === null ? '#/new' : `#/new?${new URLSearchParams({ command: route.command })}`;
    case 'edit':
      return `#/edit/${encodeURIComponent(route.name)}`;
    default:
      return `#/${route.page}`;
  }
}

/** Goes somewhere; `replace` leaves no step for the back button (moving through rows). */
export function go(route: Route, replace = false): void {
  const hash = formatRoute(route);
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, '', hash);
    window.dispatchEvent(new Event('hashchange'));
  } else location.hash = hash;
}

/** Shows a tunnel. */
export function showTunnel(name: string | null, tab: DetailTab = 'overview', replace = false): void {
  go({ page: 'tunnels', name, tab }, replace);
}

/** A page that holds unsaved work. */
interface Hold {
  readonly hash: string;
  /** Another page is wanted. `leave` shows it; `stay` takes the address back. */
  readonly onLeave: (leave: () => void, stay: () => void) => void;
}

/** The innermost is asked. */
let holds: readonly Hold[] = [];

/** Keeps the page that is shown until `leave` is called, wherever the address goes. Returns the way to let go. */
export function holdRoute(onLeave: Hold['onLeave']): () => void {
  const hold: Hold = { hash: location.hash, onLeave };
  const heard = (): void => {
    if (holds.at(-1) !== hold || location.hash === hold.hash) return;
    hold.onLeave(
      () => {
        holds = [];
        window.dispatchEvent(new Event('hashchange'));
      },
      () => history.replaceState(null, '', hold.hash),
    );
  };
  holds = [...holds, hold];
  window.addEventListener('hashchange', heard);
  return () => {
    holds = holds.filter((other) => other !== hold);
    window.removeEventListener('hashchange', heard);
  };
}

let seenHash: string | undefined;
let seenRoute: Route = noRoute;

/** The route now; the same object as long as the hash is the same. */
export function currentRoute(): Route {
  const hash = holds[0]?.hash ?? location.hash;
  if (hash !== seenHash) {
    seenHash = hash;
    seenRoute = parseRoute(seenHash);
  }
  return seenRoute;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import type { CallResult, ShellBridge } from '../../shared/contract/shell-bridge.ts';
import { isLiveProduction, type TunnelStatus } from '../../shared/model/tunnel.ts';
import type { PageStore } from './page-store.ts';
import { showTunnel } from './route.ts';

/** Where acts go and where their outcome is kept. */
export interface Page {
  readonly store: PageStore;
  readonly bridge: ShellBridge;
}

/** Makes a call; what it is refused for is shown to the person. */
export async function act<N extends CallName>(
  { store, bridge }: Page,
  name: N,
  input: CallInput<N>,
): Promise<CallResult<CallOutput<N>>> {
  const result = await bridge.call(name, input);
  store.setState({ refusal: result.ok ? null : result.error });
  return result;
}

/** How long a switch may show what was asked for without the engine saying the same. */
const confirmMs = 3000;

/** Asks for tunnels to be up or down. The switch shows what was asked for at once; the shape shows what is true. */
export async function setWanted(page: Page, names: readonly string[], wanted: boolean): Promise<void> {
  const { store } = page;
  store.setState(({ asked }) => ({ asked: new Map([...asked, ...names.map((name) => [name, wanted] as const)]) }));
  const forget = (gone: (name: string) => boolean) =>
    store.setState(({ asked }) => ({
      asked: new Map([...asked].filter(([name, ask]) => !(names.includes(name) && ask === wanted && gone(name)))),
    }));
  const result = await act(page, wanted ? 'up' : 'down', { names, all: false });
  if (!result.ok) {
    forget(() => true);
    return;
  }
  // The event that confirms it takes the rest away, usually before this.
  forget((name) => store.getState().tunnels.get(name)?.wanted === wanted);
  if (names.some((name) => store.getState().asked.has(name))) setTimeout(() => forget(() => true), confirmMs);
}

/** Whether programs would lose their connections. */
function inUse({ store }: Page, names: readonly string[], spec: string | null): boolean {
  const { tunnels } = store.getState();
  return names.some((name) =>
    tunnels.get(name)?.forwards.some((forward) => forward.clients > 0 && (spec === null || forward.spec === spec)),
  );
}

/** Whether a stop wants a word: programs would lose their connections, or production would. */
function asksFirst(page: Page, names: readonly string[]): boolean {
  return inUse(page, names, null) || liveProduction(page.store.getState().tunnels, names).length > 0;
}

/** Those of the names that are production and up. */
export function liveProduction(tunnels: ReadonlyMap<string, TunnelStatus>, names: readonly string[]): string[] {
  return names.filter((name) => {
    const tunnel = tunnels.get(name);
    return tunnel !== undefined && isLiveProduction(tunnel);
  });
}

/** Switches tunnels; a stop under connected programs, or of production, asks first. */
export async function switchTunnels(page: Page, names: readonly string[], wanted: boolean): Promise<void> {
  if (!wanted && asksFirst(page, names)) page.store.setState({ stopping: { names, spec: null, aim: 'stop' } });
  else await setWanted(page, names, wanted);
}

/** Ends a tunnel's link and makes a new one; asks first as a stop does. */
export async function restartTunnel(page: Page, name: string): Promise<void> {
  if (asksFirst(page, [name])) page.store.setState({ stopping: { names: [name], spec: null, aim: 'restart' } });
  else await act(page, 'restart', { names: [name], all: false });
}

/** Switches one forward for as long as the tunnel runs; asks first where programs are connected. */
export async function switchForward(page: Page, tunnel: string, spec: string, enabled: boolean): Promise<void> {
  if (!enabled && inUse(page, [tunnel], spec))
    page.store.setState({ stopping: { names: [tunnel], spec, aim: 'stop' } });
  else await act(page, 'forward', { tunnel, spec, enabled });
}

/** The person means it. */
export async function confirmStop(page: Page): Promise<void> {
  const { stopping } = page.store.getState();
  page.store.setState({ stopping: null });
  const [name] = stopping?.names ?? [];
  if (stopping === null || name === undefined) return;
  if (stopping.spec !== null) await act(page, 'forward', { tunnel: name, spec: stopping.spec, enabled: false });
  else if (stopping.aim === 'restart') await act(page, 'restart', { names: [...stopping.names], all: false });
  else await setWanted(page, stopping.names, false);
}

/** Ends the wait of a tunnel that retries. */
export async function tryNow(page: Page, name: string): Promise<void> {
  await act(page, 'now', { names: [name], all: false });
}

/** Sets or clears the mark of a tunnel that real work depends on, in the configuration. */
export async function markProduction(page: Page, name: string, production: boolean): Promise<void> {
  const path = ['tunnels', name, 'production'];
  const edit = production ? ({ op: 'set', path, value: true } as const) : ({ op: 'delete', path } as const);
  await act(page, 'config.edit', { edits: [edit], dryRun: false });
}

/** Makes a tunnel's name a field. It stands in the row, so the list must be there: a narrow window shows one pane. */
export function startRename(store: PageStore, name: string): void {
  if (!matchMedia('(min-width: 900px)').matches) showTunnel(null, 'overview', true);
  store.setState({ renaming: name });
}

export async function closeLogin(page: Page, id: string): Promise<void> {
  await act(page, 'connection.close', { id });
}

/** Opens an address of a forward in the person's browser. */
export async function openAddress({ bridge }: Page, url: string): Promise<void> {
  if (bridge.desktop === null) window.open(url, '_blank', 'noopener');
  else await bridge.desktop('desktop.open', { url });
}

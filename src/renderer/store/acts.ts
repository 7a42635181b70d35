import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import type { CallResult, ShellBridge } from '../../shared/contract/shell-bridge.ts';
import type { PageStore } from './page-store.ts';

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

/** Asks for tunnels to be up or down. The switch shows what was asked for at once; the shape shows what is true. */
export async function setWanted(page: Page, names: readonly string[], wanted: boolean): Promise<void> {
  page.store.setState(({ asked }) => ({ asked: new Map([...asked, ...names.map((name) => [name, wanted] as const)]) }));
  await act(page, wanted ? 'up' : 'down', { names, all: false });
  page.store.setState(({ asked }) => ({ asked: new Map([...asked].filter(([name]) => !names.includes(name))) }));
}

export async function restart(page: Page, name: string): Promise<void> {
  await act(page, 'restart', { names: [name], all: false });
}

/** Ends the wait of a tunnel that retries. */
export async function tryNow(page: Page, name: string): Promise<void> {
  await act(page, 'now', { names: [name], all: false });
}

export async function setForward(page: Page, tunnel: string, spec: string, enabled: boolean): Promise<void> {
  await act(page, 'forward', { tunnel, spec, enabled });
}

export async function closeLogin(page: Page, id: string): Promise<void> {
  await act(page, 'connection.close', { id });
}

import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConnectionState } from '../../shared/contract/shell-bridge.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { Cause } from '../../shared/model/failure.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import { noPolls, type Polls, type Throughput } from './throughput.ts';

/**
 * store: what a page knows of the engine. One vanilla store a page; `connectStore` fills it, components select from it, acts are functions
 * that call the bridge.
 */
export interface PageState {
  /** `loading` until the first snapshot. */
  readonly connection: 'loading' | ConnectionState;
  /** Why the engine does not answer, if it said so. */
  readonly problem: Cause | null;
  readonly revision: number;
  /** Names in the configuration's order; rows never move. */
  readonly order: readonly string[];
  readonly tunnels: ReadonlyMap<string, TunnelStatus>;
  readonly prompts: readonly Prompt[];
  readonly configProblem: string | null;
  /** Only tunnels that were measured twice. */
  readonly throughput: ReadonlyMap<string, Throughput>;
  /** When the counters were read. */
  readonly polls: Polls;
  /** What a switch was set to and the engine has not confirmed yet. */
  readonly asked: ReadonlyMap<string, boolean>;
  /** What the person's last act met, to be shown once. */
  readonly refusal: Cause | null;
  readonly find: string;
  /** The tunnel whose name is a field now. */
  readonly renaming: string | null;
  /** A stop that waits for a word: programs are connected, or it is production. */
  readonly stopping: Stopping | null;
}

/** `spec`: one forward of the one tunnel alone. `aim`: what is to be done if the person means it. */
export interface Stopping {
  readonly names: readonly string[];
  readonly spec: string | null;
  readonly aim: 'stop' | 'restart';
}

export type PageStore = StoreApi<PageState>;

const noPage: PageState = {
  connection: 'loading',
  problem: null,
  revision: -1,
  order: [],
  tunnels: new Map(),
  prompts: [],
  configProblem: null,
  throughput: new Map(),
  polls: noPolls,
  asked: new Map(),
  refusal: null,
  find: '',
  renaming: null,
  stopping: null,
};

/** A store of its own for each page and each test. */
export function createPageStore(): PageStore {
  return createStore<PageState>()(() => noPage);
}

export const PageStoreContext = createContext<PageStore | null>(null);

/** The page's store itself, for handlers. */
export function usePageStore(): PageStore {
  const store = useContext(PageStoreContext);
  if (store === null) throw new Error('a component is rendered outside its page');
  return store;
}

/** A part of the page's state. The selector must give the same object for the same state. */
export function usePage<T>(select: (state: PageState) => T): T {
  return useStore(usePageStore(), select);
}

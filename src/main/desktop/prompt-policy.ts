import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';

/**
 * Whether a question opens its window at once. It does when a person switched the tunnel on in this shell, or when a program knocks and waits;
 * otherwise tray and notification wait until somebody has time. Pure: time comes in with each call.
 */

/** So soon after a click in Holdfast its window may take the focus. */
const focusWithinMs = 3000;

export class PromptPolicy {
  /** Tunnels that a person switched on here and that are not up yet. */
  readonly #asked = new Set<string>();
  #lastClickMs = Number.NEGATIVE_INFINITY;

  /** A person asked for these tunnels in this shell. */
  wanted(names: readonly string[]): void {
    for (const name of names) this.#asked.add(name);
  }

  /** A person clicked in tray, notification or window. */
  clicked(nowMs: number): void {
    this.#lastClickMs = nowMs;
  }

  /** A tunnel that arrived somewhere is not waited for any more. */
  changed(tunnels: readonly TunnelStatus[]): void {
    for (const { name, state } of tunnels) {
      if (state.kind === 'running' || state.kind === 'dead' || state.kind === 'stopped') this.#asked.delete(name);
    }
  }

  opensWindow(prompt: Prompt, tunnels: ReadonlyMap<string, TunnelStatus>): boolean {
    return prompt.tunnels.some((name) => this.#asked.has(name) || (tunnels.get(name)?.parked ?? 0) > 0);
  }

  /** Whether a prompt window may take the keyboard now. */
  takesFocus(nowMs: number, ownWindowFocused: boolean): boolean {
    return ownWindowFocused || nowMs - this.#lastClickMs <= focusWithinMs;
  }
}

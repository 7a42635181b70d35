import type { Prompt } from '../../../shared/model/prompt.ts';

/** Where the hop that asks stands on the way. `null` where the configuration is not known. */
export interface Way {
  /** From 1. */
  readonly position: number;
  readonly length: number;
  /** The hop before this one; null: dialled directly. */
  readonly through: string | null;
}

/** A host of the configuration, as far as the way needs it. */
export interface HostOfWay {
  readonly name: string;
  readonly effective: Readonly<Record<string, unknown>>;
}

/** The names of the hosts from here to `host`, itself last. */
export function chainTo(host: string, hosts: readonly HostOfWay[]): readonly string[] {
  const jump = hosts.find(({ name }) => name === host)?.effective['jump'];
  const hops = Array.isArray(jump) ? jump.filter((hop): hop is string => typeof hop === 'string') : [];
  return typeof jump === 'string' ? [jump, host] : [...hops, host];
}

export function wayOf(prompt: Pick<Prompt, 'host' | 'hop'>, hosts: readonly HostOfWay[]): Way | null {
  if (!hosts.some(({ name }) => name === prompt.host)) {
    return prompt.host === prompt.hop ? { position: 1, length: 1, through: null } : null;
  }
  const chain = chainTo(prompt.host, hosts);
  const index = chain.indexOf(prompt.hop);
  return index < 0 ? null : { position: index + 1, length: chain.length, through: chain[index - 1] ?? null };
}

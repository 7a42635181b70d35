import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { formatEndpoint, formatListen } from '../config/forward-spec.ts';
import { type ReadForwardOptions, readConfigForward, readSshForward } from './ssh-address.ts';

/** A forward to read: from the command line, or as ssh_config writes it. */
export interface GivenForward {
  readonly flag: 'L' | 'R' | 'D';
  readonly value: string;
  readonly config: boolean;
}

/** Reads forwards, each kept once; `problem` names the first that cannot be read. */
export function readForwardList(
  given: readonly GivenForward[],
  options: ReadForwardOptions,
): { readonly specs: readonly ForwardSpec[]; readonly problem: Said | null } {
  const specs = new Map<string, ForwardSpec>();
  for (const { flag, value, config } of given) {
    const read = config ? readConfigForward(flag, value, options) : readSshForward(flag, value, options);
    if (read.spec === null) return { specs: [], problem: read.problem };
    specs.set(read.spec.spec, read.spec);
  }
  return { specs: [...specs.values()], problem: null };
}

/** The forward as the configuration writes it: the short form, or a table if a stale socket is to be removed first. */
export function forwardValues(spec: ForwardSpec, unlink: boolean): ConfigValue {
  if (!unlink || spec.listen.kind !== 'unix') return spec.spec;
  const table = { type: spec.kind, listen: formatListen(spec.listen), unlink: true };
  return spec.kind === 'local' || spec.kind === 'remote' ? { ...table, to: formatEndpoint(spec.target) } : table;
}

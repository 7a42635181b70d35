import type { CallOutput } from '../../shared/contract/calls.ts';
import type { HoldfastConfig } from '../../shared/model/config.ts';
import { asHoldfastError } from '../../shared/model/failure.ts';
import { formatEndpoint } from './config/forward-spec.ts';
import type { EngineParts } from './engine-parts.ts';
import { resolveChain } from './pool/chain.ts';
import { noSuchTunnel } from './tunnel-set.ts';

type Steps = CallOutput<'tunnel.test'>['steps'];
type Step = Steps[number];

/** A person may be asked on the way. */
const limitMs = 120_000;
const openLimitMs = 10_000;

/**
 * Tries a tunnel of a configuration that is not saved: logs in (through the pool, so an open login is used and a new one is kept for the real
 * start) and opens the target of each local forward once. Stops at the first login that does not work.
 */
export async function testTunnel(parts: EngineParts, config: HoldfastConfig, name: string): Promise<Steps> {
  const tunnel = config.tunnels.get(name);
  if (!tunnel) throw noSuchTunnel(name);
  const chain = resolveChain(config, tunnel.host);
  const host = chain.at(-1);
  const steps: Step[] = [];
  const startedAt = performance.now();
  const result = await parts.pool.acquire({
    chain,
    tunnel: name,
    observer: { onPhase() {}, onWaiting() {} },
    signal: AbortSignal.timeout(limitMs),
  });
  const login = { what: `${host?.user ?? ''}@${host?.name ?? ''}`, ms: performance.now() - startedAt };
  if (result.kind === 'failed') return [{ ...login, ok: false, cause: result.error.toCause() }];
  try {
    steps.push({ ...login, ok: true, cause: null });
    for (const forward of tunnel.forwards) {
      if (forward.kind !== 'local') continue;
      const openedAt = performance.now();
      const what = formatEndpoint(forward.target);
      try {
        const channel = await result.lease.link.open(forward.target, undefined, AbortSignal.timeout(openLimitMs));
        channel.dispose();
        steps.push({ what, ok: true, ms: performance.now() - openedAt, cause: null });
      } catch (error) {
        steps.push({
          what,
          ok: false,
          ms: performance.now() - openedAt,
          cause: asHoldfastError(error, forward.spec).toCause(),
        });
      }
    }
    return steps;
  } finally {
    result.lease.dispose();
  }
}

import type { CallOutput } from '../../shared/contract/calls.ts';
import { cleanLine } from '../../shared/model/clean-text.ts';
import type { HoldfastConfig } from '../../shared/model/config.ts';
import { asHoldfastError, HoldfastError } from '../../shared/model/failure.ts';
import { formatEndpoint } from './config/forward-spec.ts';
import type { EngineParts } from './engine-parts.ts';
import { resolveChain } from './pool/chain.ts';
import { noSuchTunnel } from './tunnel-set.ts';

type Steps = CallOutput<'tunnel.test'>['steps'];
type Step = Steps[number];

/** A person may be asked on the way. */
const limitMs = 120_000;
const openLimitMs = 10_000;
/** Tests under way at once, of all shells: each may hold a login and ask a person. */
const mostAtOnce = 8;

/** Bounds the tests that are under way, whoever asked for them. */
export class TunnelTests {
  #underWay = 0;

  /** Runs `test`, which is a whole one. Throws `usage` if too many are under way. */
  async run<T>(tunnel: string, test: () => Promise<T>): Promise<T> {
    if (this.#underWay >= mostAtOnce) {
      throw new HoldfastError({
        code: 'usage',
        where: `tunnel ${cleanLine(tunnel, 64)}`,
        message: `${mostAtOnce} tests of tunnels are under way already.`,
        next: 'Wait until one of them has ended, or answer its question; then test again.',
      });
    }
    this.#underWay += 1;
    try {
      return await test();
    } finally {
      this.#underWay -= 1;
    }
  }
}

/**
 * Tries a tunnel of a configuration that is not saved: logs in (through the pool, so an open login is used and a new one is kept for the real
 * start) and opens the target of each local forward once. Stops at the first login that does not work. When `signal` aborts, its attempt and the
 * questions of that end at once, unless somebody else waits for them too, and it rejects with the signal's reason.
 */
export async function testTunnel(
  parts: EngineParts,
  config: HoldfastConfig,
  name: string,
  signal: AbortSignal,
): Promise<Steps> {
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
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  });
  if (result.kind === 'failed') signal.throwIfAborted();
  const login = { what: `${host?.user ?? ''}@${host?.name ?? ''}`, ms: performance.now() - startedAt };
  if (result.kind === 'failed') return [{ ...login, ok: false, cause: result.error.toCause() }];
  try {
    steps.push({ ...login, ok: true, cause: null });
    for (const forward of tunnel.forwards) {
      if (forward.kind !== 'local') continue;
      const openedAt = performance.now();
      const what = formatEndpoint(forward.target);
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(openLimitMs)]);
        const channel = await result.lease.link.open(forward.target, undefined, limit);
        channel.dispose();
        steps.push({ what, ok: true, ms: performance.now() - openedAt, cause: null });
      } catch (error) {
        signal.throwIfAborted();
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

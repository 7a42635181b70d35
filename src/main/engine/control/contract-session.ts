import {
  calls,
  type CallInput,
  type CallName,
  type ContractApi,
  contractVersion,
} from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import type { ResponseFrame } from '../../../shared/contract/frames.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { contract } from '../../../shared/i18n/sentences/contract.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { asHoldfastError, assertNever, type Cause, HoldfastError } from '../../../shared/model/failure.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';

type Subscription = CallInput<'subscribe'>;

/** An answer to be sent; `refused`: say it, then end the connection. */
export interface Answer {
  readonly frame: ResponseFrame;
  readonly refused: Cause | null;
}

/**
 * The contract as one shell sees it, whatever carries the frames (socket, WebSocket, MessagePort): greeting first, inputs and outputs checked
 * against their schemas, the shell's own choice of events. Disposed of when the shell leaves: its calls under way hear of it by their signal.
 */
export class ContractSession implements Disposable {
  readonly #api: ContractApi;
  readonly #log: Log;
  readonly #underWay = new Set<AbortController>();
  #greeted = false;
  #left = false;
  #subscription: Subscription | null = null;

  constructor(api: ContractApi, log: Log) {
    this.#api = api;
    this.#log = log;
  }

  /** True if the shell subscribed to events like this one. */
  wants(event: EngineEvent): boolean {
    const wanted = this.#subscription;
    if (wanted === null) return false;
    switch (event.kind) {
      case 'tunnels':
      case 'config':
        return wanted.tunnels;
      case 'prompt-opened':
      case 'prompt-closed':
        return wanted.prompts;
      case 'log':
        return wanted.log && (wanted.logTunnel === null || wanted.logTunnel === event.line.tunnel);
      default:
        return assertNever(event);
    }
  }

  /** The shell is gone, or will be: it gets no more events, and what its calls hold for it alone ends. */
  dispose(): void {
    if (this.#left) return;
    this.#left = true;
    this.#subscription = null;
    const reason = shellLeft();
    for (const controller of [...this.#underWay]) controller.abort(reason);
    this.#underWay.clear();
  }

  /** Carries out one request. Never rejects. */
  async answer(id: number, call: string, input: unknown): Promise<Answer> {
    const controller = new AbortController();
    if (this.#left) controller.abort(shellLeft());
    else this.#underWay.add(controller);
    try {
      return { frame: { id, ok: true, output: await this.#run(call, input, controller.signal) }, refused: null };
    } catch (error) {
      const failure = asHoldfastError(error, `call ${cleanLine(call, 64)}`);
      if (failure.code === 'internal' && !controller.signal.aborted)
        this.#log.error('A call ended with a fault', { call, error });
      const cause = failure.toCause();
      return { frame: { id, ok: false, error: cause }, refused: call === 'hello' && !this.#greeted ? cause : null };
    } finally {
      this.#underWay.delete(controller);
    }
  }

  async #run(call: string, input: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (!isCallName(call)) {
      throw new HoldfastError({
        code: 'usage',
        where: 'control socket',
        message: contract.noCall({ call: cleanLine(call, 64) }),
        next: contract.theCallsAre({ calls: Object.keys(calls) }),
      });
    }
    if (call !== 'hello' && !this.#greeted) {
      throw new HoldfastError({
        code: 'usage',
        where: `call ${call}`,
        message: contract.helloFirst(),
        next: contract.sayHello({ version: contractVersion }),
      });
    }
    const checked = calls[call].input.safeParse(input);
    if (!checked.success) {
      throw new HoldfastError({
        code: 'usage',
        where: `call ${call}`,
        message: contract.badInput({ issues: describeIssues(checked.error.issues) }),
        next: contract.whatItTakes(),
      });
    }
    if (call === 'hello') {
      this.#checkVersion(checked.data as CallInput<'hello'>);
      // At once, so that requests may follow the greeting without waiting for its answer.
      this.#greeted = true;
    }
    if (call === 'subscribe') {
      this.#subscription = checked.data as CallInput<'subscribe'>;
      return {};
    }
    const perform = this.#api[call] as (input: unknown, signal: AbortSignal) => Promise<unknown>;
    const output = calls[call].output.safeParse(await perform(checked.data, signal));
    if (!output.success) {
      throw new HoldfastError({
        code: 'internal',
        where: `call ${call}`,
        message: contract.badAnswerAt({ issues: describeIssues(output.error.issues) }),
        next: contract.report(),
      });
    }
    return output.data;
  }

  #checkVersion(input: CallInput<'hello'>): void {
    if (input.contract === contractVersion) return;
    throw new HoldfastError({
      code: 'protocol',
      where: 'control socket',
      message: contract.otherContract({ shell: input.contract, engine: contractVersion }),
      next: contract.sameForBoth(),
    });
  }
}

function shellLeft(): HoldfastError {
  return new HoldfastError({
    code: 'cancelled',
    where: 'control socket',
    message: contract.shellLeft(),
    next: contract.nothingToDo(),
  });
}

function isCallName(name: string): name is CallName {
  return Object.hasOwn(calls, name);
}

/** Places and expectations only, never the values: they may be secrets. */
function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string }[],
): readonly Said[] {
  return issues.slice(0, 3).map((issue) => {
    const place = issue.path.map(String).join('.');
    return contract.issue({ place: cleanLine(place, 64), code: (issue.code ?? 'invalid').replaceAll('_', ' ') });
  });
}

import { cleanLine } from '../../../shared/model/clean-text.ts';
import { type HostConfig, authMethodNames } from '../../../shared/model/config.ts';
import { type FailureCode, HoldfastError } from '../../../shared/model/failure.ts';
import { sshLoginCommand } from './login-command.ts';
import type { IdentityProblem } from './auth-identities.ts';
import { maxDemands, maxWrongAnswers } from './auth-plan.ts';

/** What was tried in an attempt that came to nothing. */
export interface AuthTrail {
  readonly host: HostConfig;
  /** Labels of the keys the server turned down. */
  readonly refusedKeys: readonly string[];
  /** Keys left out because the probe budget was used up. */
  readonly keysLeftOut: number;
  /** Keys that the server was shown, of all that there are. */
  readonly keysShown: number;
  readonly keysAll: number;
  readonly storedPasswordRefused: boolean;
  readonly passwordsRefused: number;
  readonly answersRefused: number;
  readonly problems: readonly IdentityProblem[];
  /** What the server would still take. */
  readonly allowed: readonly string[];
  /** Methods that counted. */
  readonly succeeded: readonly string[];
  /** What the server said when it hung up; null: nothing, or it did not. */
  readonly lastWords: string | null;
  readonly reason: 'refused' | 'wrong-answers' | 'endless';
}

/** The failure of a whole attempt, in the words of design/ui.md section 10. */
export function authFailure(trail: AuthTrail, cause?: unknown): HoldfastError {
  const { host } = trail;
  const tried = whatWasTurnedDown(trail);
  const code = failureCode(trail, tried.length > 0);
  const opening =
    tried.length > 0 || trail.succeeded.length > 0
      ? `${host.name} refused the login as ${host.user}`
      : `${host.name} offers no way to log in as ${host.user} that is set up here`;
  const sentences = [
    tried.length > 0 ? `${opening}: ${tried.join(', ')}` : opening,
    ...(trail.succeeded.length > 0 ? [`${listed(trail.succeeded)} was right, but more is needed`] : []),
    ...(trail.keysLeftOut > 0
      ? [`${plural(trail.keysLeftOut, 'more key')} ${trail.keysLeftOut === 1 ? 'was not offered' : 'were not offered'}`]
      : []),
    ...(trail.lastWords === null ? [] : [`it hung up with "${trail.lastWords}"`]),
    ...(trail.allowed.length > 0 ? [`it still takes ${listed(trail.allowed)}`] : []),
    ...trail.problems.map(({ message }) => message),
  ];
  return new HoldfastError({
    code,
    where: host.name,
    phase: 'auth',
    hop: host.name,
    message: `${cleanLine(sentences.join('; '), 1500)}.`,
    next: nextStep(trail, code),
    // Another attempt would only ask the same person the same thing, and may lock them out.
    ...(trail.reason === 'wrong-answers' ? { retry: 'person' } : {}),
    cause,
  });
}

/** Causes of the network and of servers that let nobody in for a while. */
const passing: ReadonlySet<FailureCode> = new Set([
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'closed-early',
  'server-closed',
  'jump-refused',
  'proxy-failed',
  'proxy-command-failed',
]);

/**
 * A login that was cut off, and could not be gone on with: it stays a refused login, which is not repeated without end, if the server (that may
 * keep out who failed too often: sshd's PerSourcePenalties, fail2ban) or the network did not let the next connection come so far.
 */
export function notLetInAgain(refusal: HoldfastError, failure: HoldfastError): HoldfastError {
  if (!passing.has(failure.code)) return failure;
  return new HoldfastError({
    code: refusal.code,
    where: refusal.where,
    message: `${refusal.message} Another connection, to go on, failed: ${failure.message}`,
    // Whoever was called upon by the other connection is not called again unasked.
    next: failure.retry === 'person' ? failure.next : refusal.next,
    retry: failure.retry === 'person' ? 'person' : refusal.retry,
    phase: failure.phase,
    hop: refusal.hop,
    cause: failure,
  });
}

/** Why a password that has expired was not replaced. */
export type NotReplaced = 'not-taken' | 'differed' | 'endless';

/** The password has expired, and there is no new one. */
export function passwordExpired(
  { host, hops }: { readonly host: HostConfig; readonly hops: readonly HostConfig[] },
  why: NotReplaced,
): HoldfastError {
  const what: Record<NotReplaced, string> = {
    'not-taken': `${host.name} did not take the new one`,
    differed: `the new one was typed in two ways ${maxDemands} times`,
    endless: `${host.name} wants another new one each time`,
  };
  return new HoldfastError({
    code: 'auth-failed',
    where: host.name,
    phase: 'auth',
    hop: host.name,
    retry: 'person',
    message: `The password of ${host.user} at ${host.name} has expired, and ${what[why]}.`,
    next: `Set a new one there, for example with: ${sshLoginCommand(host, hops)}`,
  });
}

function failureCode(trail: AuthTrail, anythingTried: boolean): FailureCode {
  if (trail.reason === 'endless') return 'too-many-prompts';
  if (anythingTried || trail.succeeded.length > 0) return 'auth-failed';
  // Nothing went to the server: what is wrong is on this side.
  const codes = trail.problems.map(({ code }) => code);
  const order = ['transport-unsupported', 'key-unreadable', 'agent-unavailable'] as const;
  return order.find((code) => codes.includes(code)) ?? 'auth-no-method';
}

function whatWasTurnedDown(trail: AuthTrail): readonly string[] {
  const out: string[] = [];
  const [first] = trail.refusedKeys;
  if (trail.refusedKeys.length === 1 && first !== undefined) out.push(`the key offered (${first}) was turned down`);
  else if (trail.refusedKeys.length === 2) out.push('both keys offered were turned down');
  else if (trail.refusedKeys.length > 2) out.push(`all ${trail.refusedKeys.length} keys offered were turned down`);
  if (trail.storedPasswordRefused) out.push('the saved password was turned down');
  if (trail.passwordsRefused > 0) out.push(`${plural(trail.passwordsRefused, 'password')} turned down`);
  if (trail.answersRefused > 0) out.push(`${plural(trail.answersRefused, 'answer')} turned down`);
  return out;
}

function nextStep(trail: AuthTrail, code: FailureCode): string {
  const { host } = trail;
  if (code === 'transport-unsupported')
    return 'Add the key to the agent with ssh-add: Holdfast uses a FIDO key only through an agent.';
  if (code === 'agent-unavailable') return `Start the agent, or correct "agent" of ${host.name}.`;
  if (code === 'key-unreadable') return `Correct the file, or "identity" of ${host.name}.`;
  if (trail.reason === 'wrong-answers')
    return `Holdfast stopped after ${maxWrongAnswers} wrong answers, to save you a lock-out. Try again when you have the right one.`;
  if (code === 'too-many-prompts') return 'Nothing more is answered. Ask the server’s owner what it wants.';
  if (trail.keysLeftOut > 0)
    return howMany(
      trail,
      `Name the right key in "identity" of ${host.name} (a .pub file will do) or set identities-only.`,
    );
  if (trail.refusedKeys.length > 0)
    return howMany(trail, `Check the user name and ~/.ssh/authorized_keys of ${host.user} there.`);
  const leftOut = authMethodNames.filter((name) => trail.allowed.includes(name) && !host.authMethods.includes(name));
  if (leftOut.length > 0)
    return `${host.name} takes ${listed(leftOut)}, which "auth-methods" of ${host.name} leaves out.`;
  if (code === 'auth-no-method') {
    if (trail.allowed.includes('publickey'))
      return `Name a key in "identity" of ${host.name}, or add one to the agent.`;
    return trail.allowed.includes('keyboard-interactive')
      ? `Ask the owner of ${host.name} how to log in: it turned the login down without a question.`
      : `Ask the owner of ${host.name} to allow publickey, password or keyboard-interactive: Holdfast logs in only by these.`;
  }
  return `Check the user name and what ${host.name} allows.`;
}

function howMany({ keysShown, keysAll }: AuthTrail, step: string): string {
  return keysAll > 1 ? `${keysShown} of ${keysAll} keys were offered: ${step}` : step;
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

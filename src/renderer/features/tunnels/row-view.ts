import { assertNever, type FailureCode } from '../../../shared/model/failure.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { Prompt } from '../../../shared/model/prompt.ts';
import { shownState, type ShownState } from '../../../shared/model/shown-state.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import { momentText, rateText } from '../../format.ts';
import { forwardText } from '../../forward-text.ts';
import type { Throughput } from '../../store/throughput.ts';

/** The one act a row offers at its right. */
export type RowAct =
  | { readonly kind: 'try-now' | 'start' | 'edit' | 'review-changed-key'; readonly label: string }
  | { readonly kind: 'answer'; readonly label: string; readonly promptId: string };

/** What a row says, apart from the name. Times that run are the row's own (`nextTryAtMs`). */
export interface RowView {
  readonly state: ShownState;
  readonly word: string;
  /** The path when all is well, the cause when not. */
  readonly line: string;
  readonly lineIs: 'path' | 'cause';
  /** Right of the line: a figure, or the act; what flows through a running tunnel is `flowText`. */
  readonly figure: string;
  readonly act: RowAct | null;
  readonly nextTryAtMs: number | null;
  /** Since when it runs, in words; null: it does not. */
  readonly since: string | null;
}

export function rowView(
  tunnel: TunnelStatus,
  prompt: Prompt | undefined,
  texts: WindowTexts,
  language: string,
): RowView {
  const state = shownState(tunnel.state);
  const base = {
    state,
    word: texts.states[state],
    line: pathLine(tunnel, texts),
    lineIs: 'path' as const,
    figure: '',
    act: null,
    nextTryAtMs: null,
    since: null,
  };
  const because = (line: string) => ({ line, lineIs: 'cause' as const });
  switch (tunnel.state.kind) {
    case 'stopped':
      return base;
    case 'listening':
      return { ...base, figure: tunnel.parked > 0 ? texts.rows.waiting(tunnel.parked) : texts.rows.connectsOnUse };
    case 'starting':
      return {
        ...base,
        ...because(texts.phases[tunnel.state.phase](tunnel.state.hop ?? tunnel.host)),
        figure: tunnel.attempt > 1 ? texts.rows.attempt(tunnel.attempt) : '',
      };
    case 'interactive':
      return { ...base, ...because(promptLine(prompt, texts)), act: promptAct(prompt, texts) };
    case 'running': {
      const { degraded } = tunnel.state;
      return {
        ...base,
        ...(degraded === null ? {} : because(texts.causeSays(degraded))),
        since: texts.rows.since(momentText(tunnel.state.sinceMs, language)),
      };
    }
    case 'retrying':
      return {
        ...base,
        ...because(texts.causeSays(tunnel.state.cause)),
        act: { kind: 'try-now', label: texts.rows.tryNow },
        nextTryAtMs: tunnel.state.nextTryAtMs,
      };
    case 'dead':
      return {
        ...base,
        ...because(texts.causeSays(tunnel.state.cause)),
        act: deadAct(tunnel.state.cause.code, texts),
      };
    default:
      return assertNever(tunnel.state);
  }
}

/** `localhost:5432 → db-01:5432, 2 more`. */
export function pathLine(tunnel: TunnelStatus, texts: WindowTexts): string {
  const [first] = tunnel.forwards;
  if (first === undefined) return tunnel.host;
  const { listen, target } = forwardText(first, tunnel.host, texts);
  const others = tunnel.forwards.length - 1;
  return `${listen} → ${target}${others > 0 ? texts.rows.more(others) : ''}`;
}

export function clientCount(tunnel: TunnelStatus): number {
  return tunnel.forwards.reduce((sum, forward) => sum + forward.clients, 0);
}

/** `1.2 MB/s, 3 clients`. */
export function flowText(
  tunnel: TunnelStatus,
  throughput: Throughput | undefined,
  texts: WindowTexts,
  language: string,
): string {
  const rate = (throughput?.inPerSecond ?? 0) + (throughput?.outPerSecond ?? 0);
  const clients = clientCount(tunnel);
  const parts = [
    ...(rate > 0 ? [rateText(rate, language)] : []),
    ...(clients > 0 ? [texts.rows.clients(clients)] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : texts.rows.idle;
}

/** What a question asks, in few words. */
export function promptLine(prompt: Prompt | undefined, texts: WindowTexts): string {
  if (prompt === undefined) return texts.rows.asksStart;
  if (prompt.elsewhere !== null) {
    const said = cleanLine(prompt.elsewhere.serverText, 300).trim();
    return said === '' ? texts.rows.silentElsewhere(prompt.hop) : texts.rows.waitsElsewhere(prompt.hop, said);
  }
  switch (prompt.kind) {
    case 'otp':
      return texts.rows.asksCode(prompt.hop);
    case 'password':
      return texts.rows.asksPassword(prompt.hop);
    case 'passphrase':
      return texts.rows.asksPassphrase;
    case 'host-key':
      return texts.rows.asksHostKey(prompt.hop);
    case 'confirm':
      return texts.rows.asksConfirm(prompt.hop);
    default:
      return assertNever(prompt.kind);
  }
}

function promptAct(prompt: Prompt | undefined, texts: WindowTexts): RowAct {
  if (prompt === undefined) return { kind: 'start', label: texts.rows.logIn };
  const labels = {
    otp: texts.rows.enterCode,
    password: texts.rows.enterPassword,
    passphrase: texts.rows.unlock,
    'host-key': texts.rows.review,
    confirm: texts.rows.answer,
  };
  const label = prompt.elsewhere === null ? labels[prompt.kind] : texts.rows.showCall;
  return { kind: 'answer', label, promptId: prompt.id };
}

/** What a tunnel that gave up offers: the one step that can help. */
export function deadAct(code: FailureCode, texts: WindowTexts): RowAct {
  if (code === 'host-key-changed') return { kind: 'review-changed-key', label: texts.rows.review };
  if (code === 'config' || code === 'port-forbidden' || code === 'key-unreadable')
    return { kind: 'edit', label: texts.rows.edit };
  return { kind: 'start', label: texts.rows.tryAgain };
}

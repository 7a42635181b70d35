import type { HistoryEvent } from '../../../shared/contract/calls.ts';
import { assertNever } from '../../../shared/model/failure.ts';
import type { Prompt } from '../../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import { clockText, durationText, sameDay, sinceText } from '../../format.ts';
import { promptLine } from '../tunnels/row-view.ts';
import type { Detail } from './use-detail.ts';

interface SentenceParts {
  readonly tunnel: TunnelStatus;
  readonly detail: Detail | null;
  readonly history: readonly HistoryEvent[];
  readonly prompt: Prompt | undefined;
  readonly nowMs: number;
  readonly language: string;
}

/** The one sentence under a tunnel's name: how it is and since when. */
export function detailSentence(
  { tunnel, detail, history, prompt, nowMs, language }: SentenceParts,
  texts: WindowTexts,
): string {
  const { state } = tunnel;
  switch (state.kind) {
    case 'stopped':
      return texts.detail.stopped;
    case 'listening':
      return texts.detail.listening;
    case 'starting':
      return texts.phases[state.phase](state.hop ?? tunnel.host);
    case 'interactive':
      return promptLine(prompt, texts);
    case 'running': {
      const time = durationText(nowMs - state.sinceMs, texts);
      const head = state.degraded === null ? texts.detail.runningFor(time) : texts.detail.inPartFor(time);
      if (detail === null || detail.login === '') return head;
      const shared = detail.sharedWith.length > 0 ? texts.detail.sharedBy(shorten(detail.sharedWith)) : '';
      return `${head}${texts.detail.overLogin(detail.login)}${shared}`;
    }
    case 'retrying': {
      const lost = history.findLast((event) => event.what === 'lost');
      const went = history.findLast(
        (event) => event.what === 'lost' || event.what === 'up' || event.what === 'started',
      );
      if (lost === undefined || went !== lost) return texts.detail.retrying(tunnel.attempt);
      const up = history.findLast(
        (event) => event.atMs < lost.atMs && (event.what === 'up' || event.what === 'healed'),
      );
      const before = up === undefined ? '' : texts.detail.wasUp(durationText(lost.atMs - up.atMs, texts));
      return `${texts.detail.retryingSince(sinceText(lost.atMs, nowMs, language))}${before}`;
    }
    case 'dead': {
      const dead = history.findLast((event) => event.what === 'dead');
      if (dead === undefined) return texts.detail.dead;
      const clock = clockText(dead.atMs, language);
      return sameDay(dead.atMs, nowMs)
        ? texts.detail.deadAt(clock)
        : texts.detail.deadOn(sinceText(dead.atMs, nowMs, language), clock);
    }
    default:
      return assertNever(state);
  }
}

/** At most three names; what is more becomes a number. */
function shorten(names: readonly string[]): readonly string[] {
  return names.length <= 3 ? names : [...names.slice(0, 2), `+${names.length - 2}`];
}

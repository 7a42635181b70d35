import { cleanLine } from '../../shared/model/clean-text.ts';
import type { Catalogue } from '../../shared/i18n/index.ts';
import { assertNever, type Cause } from '../../shared/model/failure.ts';
import { elsewhereCause, type Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStateKind, TunnelStatus } from '../../shared/model/tunnel.ts';
import { formatDuration, formatTable, type Style } from './style.ts';

/** A row of `status --json`, as docs/commands.md fixes it. */
export interface StatusRow {
  readonly name: string;
  readonly state: TunnelStateKind;
  readonly degraded: boolean;
  readonly cause: Cause | null;
  readonly attempt: number;
  readonly nextTryMs: number | null;
  readonly reconnects: number;
  readonly forwards: readonly { readonly spec: string; readonly state: string; readonly listen: string | null }[];
}

/** RUNNING, but a forward that should be up is not, or a probe complains. */
export function isDegraded(tunnel: TunnelStatus): boolean {
  if (tunnel.state.kind !== 'running') return false;
  return tunnel.state.degraded !== null || tunnel.forwards.some((each) => each.state !== 'up' && each.state !== 'off');
}

/** The open question that this tunnel waits for, if its login is finished elsewhere. */
function elsewhereOf({ state }: TunnelStatus, prompts: readonly Prompt[]): Prompt | null {
  if (state.kind !== 'interactive' || state.promptId === null) return null;
  return prompts.find(({ id, elsewhere }) => id === state.promptId && elsewhere !== null) ?? null;
}

function causeOf(tunnel: TunnelStatus, prompts: readonly Prompt[] = []): Cause | null {
  const { state } = tunnel;
  const elsewhere = elsewhereOf(tunnel, prompts);
  if (elsewhere !== null) return elsewhereCause(elsewhere);
  if (state.kind === 'retrying' || state.kind === 'dead') return state.cause;
  if (state.kind !== 'running' || !isDegraded(tunnel)) return null;
  return state.degraded ?? tunnel.forwards.find((each) => each.state !== 'up' && each.cause !== null)?.cause ?? null;
}

/** The row for scripts. `wallNowMs` turns the time of the next try into a wait; `prompts` are the open questions. */
export function statusRow(tunnel: TunnelStatus, wallNowMs: number, prompts: readonly Prompt[] = []): StatusRow {
  const { state } = tunnel;
  return {
    name: tunnel.name,
    state: state.kind,
    degraded: isDegraded(tunnel),
    cause: causeOf(tunnel, prompts),
    attempt: tunnel.attempt,
    nextTryMs: state.kind === 'retrying' ? Math.max(0, Math.round(state.nextTryAtMs - wallNowMs)) : null,
    reconnects: tunnel.reconnects,
    forwards: tunnel.forwards.map((each) => ({ spec: each.spec, state: each.state, listen: each.listen })),
  };
}

type Shown = TunnelStateKind | 'degraded';

function shownAs(tunnel: TunnelStatus): Shown {
  return isDegraded(tunnel) ? 'degraded' : tunnel.state.kind;
}

/** Each state has its own shape; colour comes third. */
const shapes: Readonly<Record<Shown, string>> = {
  stopped: '○',
  listening: '◉',
  starting: '◔',
  interactive: '◇',
  running: '●',
  degraded: '◐',
  retrying: '◷',
  dead: '✕',
};

function paint(shown: Shown, text: string, style: Style): string {
  switch (shown) {
    case 'running':
      return style.good(text);
    case 'degraded':
    case 'retrying':
      return style.warn(text);
    case 'dead':
      return style.bad(text);
    case 'interactive':
      return style.ask(text);
    case 'starting':
      return style.busy(text);
    case 'stopped':
      return style.faint(text);
    case 'listening':
      return text;
    default:
      return assertNever(shown);
  }
}

/** Shape and word of a tunnel's state. */
export function stateWord(tunnel: TunnelStatus, texts: Catalogue, style: Style): string {
  const shown = shownAs(tunnel);
  return paint(shown, `${shapes[shown]} ${texts.states[shown]}`, style);
}

/** Why the tunnel is as it is, in one line; `prompts` are the open questions. */
export function stateDetails(
  tunnel: TunnelStatus,
  texts: Catalogue,
  wallNowMs: number,
  prompts: readonly Prompt[] = [],
): string {
  const { state } = tunnel;
  const parts: string[] = [];
  switch (state.kind) {
    case 'stopped':
      if (tunnel.wanted) parts.push(texts.status.wanted);
      break;
    case 'listening':
      parts.push(...listenAddresses(tunnel), texts.status.onDemand);
      break;
    case 'starting':
      parts.push(
        state.hop === null || state.hop === tunnel.host
          ? texts.phases[state.phase]
          : `${texts.phases[state.phase]} (${state.hop})`,
      );
      if (tunnel.attempt > 1) parts.push(texts.status.attempt(tunnel.attempt));
      break;
    case 'interactive': {
      const elsewhere = elsewhereOf(tunnel, prompts);
      if (elsewhere !== null) parts.push(cleanLine(elsewhereWords(elsewhere, texts), 400));
      else if (state.promptId === null) parts.push(texts.status.needsPersonStart(tunnel.name));
      else parts.push(texts.status.needsPersonAnswer(state.promptId));
      break;
    }
    case 'running': {
      parts.push(...listenAddresses(tunnel));
      const clients = tunnel.forwards.reduce((sum, each) => sum + each.clients, 0);
      if (clients > 0) parts.push(texts.status.clients(clients));
      parts.push(texts.status.up(formatDuration(wallNowMs - state.sinceMs)));
      const cause = causeOf(tunnel);
      if (cause !== null) parts.unshift(cause.message);
      break;
    }
    case 'retrying':
      parts.push(
        state.cause.message,
        texts.status.attempt(tunnel.attempt),
        texts.status.nextTry(formatDuration(state.nextTryAtMs - wallNowMs)),
      );
      break;
    case 'dead':
      parts.push(state.cause.message);
      break;
  }
  if (tunnel.parked > 0) parts.push(texts.status.parked(tunnel.parked));
  return cleanLine(parts.join(' · '));
}

/** The server's words, or that it says none. */
export function elsewhereWords({ hop, elsewhere }: Prompt, texts: Catalogue): string {
  const said = elsewhere?.serverText.trim() ?? '';
  return said === '' ? texts.status.silentElsewhere(hop) : texts.status.waitsElsewhere(hop, said);
}

/** What the person can do about it, if anything. */
export function stateRemedy(tunnel: TunnelStatus): string | null {
  if (tunnel.state.kind === 'dead' || isDegraded(tunnel)) {
    const next = causeOf(tunnel)?.next ?? '';
    return next === '' ? null : cleanLine(next);
  }
  return null;
}

function listenAddresses(tunnel: TunnelStatus): string[] {
  const bound = tunnel.forwards.filter((each) => each.listen !== null);
  if (bound.length === 0) return [];
  const shown = bound.slice(0, 3).map((each) => describeForward(each.spec, each.listen ?? ''));
  if (bound.length > shown.length) shown.push(`+${bound.length - shown.length}`);
  return [shown.join(', ')];
}

/** `127.0.0.1:40123 → db:5432`: the place that was really taken, and the target. */
function describeForward(spec: string, listen: string): string {
  const target = / -> (.+)$/.exec(spec)?.[1];
  const kind = spec.split(' ')[0] ?? '';
  if (target !== undefined) return kind === 'remote' ? `${listen} ⇠ ${target}` : `${listen} → ${target}`;
  return `${listen} (${kind === 'dynamic' ? 'SOCKS, HTTP' : kind})`;
}

/** The table for people: groups with a heading each (if there are any), then tunnels by name. */
export function statusTable(
  tunnels: readonly TunnelStatus[],
  texts: Catalogue,
  style: Style,
  wallNowMs: number,
  prompts: readonly Prompt[] = [],
): string[] {
  if (tunnels.length === 0) return [texts.status.none];
  const groups = new Map<string | null, TunnelStatus[]>();
  for (const tunnel of tunnels) {
    const group = groups.get(tunnel.group);
    if (group === undefined) groups.set(tunnel.group, [tunnel]);
    else group.push(tunnel);
  }
  const grouped = groups.size > 1 || !groups.has(null);
  const order = [...groups.keys()].sort((a, b) => (a === null ? 1 : b === null ? -1 : a.localeCompare(b)));
  const rows: (string[] | string)[] = [];
  for (const key of order) {
    if (grouped) rows.push(style.strong(key === null ? texts.headings.ungrouped : cleanLine(key)));
    for (const tunnel of groups.get(key) ?? []) {
      const name = tunnel.state.kind === 'stopped' ? style.faint(tunnel.name) : tunnel.name;
      rows.push([
        `${grouped ? '  ' : ''}${name}`,
        stateWord(tunnel, texts, style),
        stateDetails(tunnel, texts, wallNowMs, prompts),
      ]);
      // Whole and alone on a line: so it can be copied.
      for (const address of elsewhereOf(tunnel, prompts)?.addresses ?? []) rows.push(['', '', address]);
      const remedy = stateRemedy(tunnel);
      if (remedy !== null) rows.push(['', '', style.faint(`${texts.errors.next}: ${remedy}`)]);
    }
  }
  const table = formatTable(rows.filter((row): row is string[] => typeof row !== 'string'));
  let next = 0;
  return rows.map((row) => (typeof row === 'string' ? row : (table[next++] ?? '')));
}

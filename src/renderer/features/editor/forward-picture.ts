import { type ForwardDraft, isSocketPath, joinPlace } from './forward-draft.ts';

/** A station of the drawing: `machine` null is this computer, whose word is the language's. */
export interface PictureStation {
  readonly machine: string | null;
  /** Port or path where it matters: at both ends. */
  readonly place: string | null;
  readonly role: 'listens' | 'hop' | 'target' | 'anywhere';
}

/**
 * The way the bytes of a client go, left to right: from whoever listens, over the hosts of the chain, to the target. `chain`: the hosts from here
 * to the tunnel's, that one last.
 */
export function pictureOf(draft: ForwardDraft, chain: readonly string[]): readonly PictureStation[] {
  const hops = draft.listensHere ? chain : [...chain].slice(0, -1).reverse();
  const listens: PictureStation = {
    machine: draft.listensHere ? null : (chain.at(-1) ?? ''),
    place: listenPlace(draft),
    role: 'listens',
  };
  const last: PictureStation | null = draft.listensHere ? null : { machine: null, place: null, role: 'hop' };
  const middle = hops.map((machine): PictureStation => ({ machine, place: null, role: 'hop' }));
  return [listens, ...middle, ...(last === null ? [] : [last]), targetStation(draft)];
}

function listenPlace(draft: ForwardDraft): string {
  if (isSocketPath(draft.listenHost)) return draft.listenHost.trim();
  return draft.listenPort.trim() === '' ? '…' : draft.listenPort.trim();
}

function targetStation(draft: ForwardDraft): PictureStation {
  if (!draft.hasTarget) return { machine: '', place: null, role: 'anywhere' };
  const host = draft.targetHost.trim();
  if (isSocketPath(host)) return { machine: host, place: null, role: 'target' };
  const port = draft.targetPort.trim();
  return { machine: host === '' ? 'localhost' : host, place: port === '' ? '…' : port, role: 'target' };
}

/** The `ssh` command that would do the same once, unsupervised. */
export function sshCommandOf(draft: ForwardDraft, chain: readonly string[]): string {
  const host = chain.at(-1) ?? 'host';
  const jump = chain.slice(0, -1).join(',');
  const listen = joinPlace(draft.listenHost, draft.listenPort.trim() === '' ? '…' : draft.listenPort);
  const target = joinPlace(
    draft.targetHost.trim() === '' ? 'localhost' : draft.targetHost,
    draft.targetPort.trim() === '' ? '…' : draft.targetPort,
  );
  const flag = draft.listensHere ? (draft.hasTarget ? '-L' : '-D') : '-R';
  const words = [
    'ssh',
    ...(jump === '' ? [] : ['-J', jump]),
    flag,
    draft.hasTarget ? `${listen}:${target}` : listen,
    host,
  ];
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./…~[\]-]+$/u.test(word) && !/[[\]]/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

import { describe, expect, it } from 'vitest';
import type { ForwardDraft } from '../../../../src/renderer/features/editor/forward-draft.ts';
import { mergeFields, mergeTunnel } from '../../../../src/renderer/features/editor/merge-draft.ts';
import {
  changeTunnelEdits,
  draftOfTunnel,
  type TunnelDraft,
} from '../../../../src/renderer/features/editor/tunnel-draft.ts';

/** A tunnel of the file with these forwards, as short forms. */
function viewOf(forwards: readonly string[], values: Record<string, string> = {}) {
  return {
    name: 'db',
    host: 'box',
    group: values['group'] ?? null,
    values: { host: 'box', forwards, ...values },
    effective: {},
    forwards: forwards.map((spec) => {
      const [kind, listen = '', , target = ''] = spec.split(' ');
      return { spec, kind: kind as 'local', listen, target, name: null, enabled: true };
    }),
  };
}

const one = 'local 1 -> a:1';
const two = 'local 2 -> b:2';

/** `change` on the first forward. */
function typedInto(draft: TunnelDraft, change: Partial<ForwardDraft>): TunnelDraft {
  return {
    ...draft,
    forwards: draft.forwards.map((forward, index) => (index === 0 ? { ...forward, ...change } : forward)),
  };
}

describe('a file that is changed while its form is open', () => {
  it('gives untouched fields its values, keeps typed ones, and tells what both changed', () => {
    const base = { a: '1', b: '1', c: '1', d: '1' };
    expect(mergeFields(base, { ...base, b: '2', d: '2' }, { ...base, a: '3', d: '3' })).toEqual({
      draft: { a: '3', b: '2', c: '1', d: '2' },
      conflicts: ['d'],
    });
    expect(mergeFields(base, { ...base, d: '2' }, { ...base, d: '2' }).conflicts).toEqual([]);
  });

  it('merges forwards by what stands in the file, and saving writes only what was typed', () => {
    const base = viewOf([one, two]);
    const mine = typedInto(draftOfTunnel(base), { listenPort: '9' });
    const now = viewOf([one, 'local 3 -> c:3'], { group: 'work' });
    const merged = mergeTunnel(draftOfTunnel(base), mine, draftOfTunnel(now));
    expect(merged.conflicts).toEqual([]);
    expect(changeTunnelEdits(now, merged.draft)).toEqual([
      { op: 'replace-forward', tunnel: 'db', spec: one, forward: 'local 9 -> a:1' },
    ]);
  });

  it('keeps a forward that was typed into although the file lost it, and says so', () => {
    const base = viewOf([one, two]);
    const mine = typedInto(draftOfTunnel(base), { targetHost: 'z' });
    const now = viewOf([two]);
    const merged = mergeTunnel(draftOfTunnel(base), mine, draftOfTunnel(now));
    expect(merged.conflicts).toEqual(['forwards']);
    expect(changeTunnelEdits(now, merged.draft)).toEqual([
      { op: 'add-forward', tunnel: 'db', forward: 'local 1 -> z:1' },
    ]);
  });

  it('leaves out what was taken out on either side', () => {
    const base = viewOf([one, two, 'local 3 -> c:3']);
    const draft = draftOfTunnel(base);
    const mine = { ...draft, forwards: draft.forwards.slice(1) };
    const now = viewOf([one, two]);
    const merged = mergeTunnel(draft, mine, draftOfTunnel(now));
    expect(merged.conflicts).toEqual([]);
    expect(changeTunnelEdits(now, merged.draft)).toEqual([{ op: 'remove-forward', tunnel: 'db', spec: one }]);
  });
});

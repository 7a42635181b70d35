import { describe, expect, it } from 'vitest';
import type { RetryClass } from '../../../src/shared/model/failure.ts';
import type { Machine, MachineInput, MachinePolicy, Stage } from '../../../src/main/engine/tunnel/machine-types.ts';
import { newMachine, transition } from '../../../src/main/engine/tunnel/machine.ts';
import { page, tableOf } from '../../support/docs.ts';
import { fails, inputs, ordinary } from '../tunnel/machine-inputs.ts';

/** The state table of docs/architecture.md, carried out: every cell is tried on the machine, under the condition that its footnote names. */

function send(machine: Machine, input: MachineInput): Machine {
  return transition(machine, { ...input, at: { nowMs: 1000, wallMs: 1_000_000 } }).machine;
}

function fail({ id }: Machine, retry: RetryClass, stage: Stage): MachineInput {
  return { kind: 'failed', id, failure: fails(retry, stage) };
}

const up: MachineInput = { kind: 'up', by: 'person' };
const begun = (policy: Partial<MachinePolicy> = {}): Machine => send(newMachine({ ...ordinary, ...policy }), up);
const opening = (): Machine => begun({ demand: true });
const listening = (): Machine => send(opening(), { kind: 'opened', id: opening().id });
const succeed = (machine: Machine): Machine => send(machine, { kind: 'succeeded', id: machine.id, degraded: null });

/** By the headings of the table. */
const columns: Readonly<Record<string, () => Machine>> = {
  STOPPED: () => newMachine(ordinary),
  LISTENING: listening,
  STARTING: () => begun(),
  'INTERACTIVE (prompt)': () => send(begun(), { kind: 'waiting', id: begun().id, promptId: 'p1' }),
  'INTERACTIVE (nobody asked)': () => send(newMachine({ ...ordinary, interactive: true }), { kind: 'up', by: 'login' }),
  RUNNING: () => succeed(begun()),
  RETRYING: () => send(begun(), fail(begun(), 'auto', 'link')),
  DEAD: () => send(begun(), fail(begun(), 'person', 'link')),
};

/** By the names in the table. */
const events: Readonly<Record<string, (machine: Machine, retry: RetryClass) => MachineInput>> = {
  up: () => up,
  down: () => ({ kind: 'down' }),
  restart: () => ({ kind: 'restart' }),
  hurry: () => ({ kind: 'hurry', by: 'wake' }),
  ...inputs,
  failed: (machine, retry) => fail(machine, retry, machine.state.kind === 'listening' ? 'listen' : 'link'),
  'reconfigured⁷': () => ({ kind: 'reconfigured', policy: ordinary, link: true, forwards: false }),
};

/** Machines for cells that hold under the condition of a footnote only. */
const conditions: Readonly<Record<string, () => Machine>> = {
  'idle RUNNING': () => succeed(send(listening(), { kind: 'knock', inMs: 0 })),
  'opened STARTING': opening,
};

const [heading, ...rows] = [
  (/^\| event .*$/m.exec(page('docs/architecture.md').text)?.[0] ?? '')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()),
  ...tableOf(page('docs/architecture.md'), 'event'),
];

describe('the state table of docs/architecture.md', () => {
  it('has a row for every event and a column for every state', () => {
    expect(heading).toEqual(['event', ...Object.keys(columns)]);
    expect(rows.map(([event]) => event)).toEqual(Object.keys(events));
  });

  for (const [event = '', ...cells] of rows) {
    it(event, () => {
      for (const [index, cell] of cells.entries()) {
        const column = heading?.[index + 1] ?? '';
        const make = conditions[`${event} ${column}`] ?? columns[column] ?? listening;
        const word = cell.replace(/ \(.*\)|[⁰¹²³⁴⁵⁶⁷⁸⁹]/gu, '');
        const reached = (retry: RetryClass): Machine => send(make(), (events[event] ?? (() => up))(make(), retry));
        const at = `${event}, ${column}: ${cell}`;
        if (word === '·') expect(reached('auto').state, at).toEqual(make().state);
        else if (word === 'BEGIN') expect(reached('auto').state.kind, at).toBe('starting');
        else if (word === 'FAIL') {
          expect(reached('auto').state.kind, at).toBe('retrying');
          expect(reached('person').state.kind, at).toBe('dead');
        } else {
          expect(reached('auto').state.kind, at).toBe(word.toLowerCase());
          // A cell that names its own state stands for a change within it.
          if (column.startsWith(word)) expect(reached('auto'), at).not.toEqual(make());
        }
      }
    });
  }

  it('BEGIN: by way of the ports on demand, and nobody is asked unasked', () => {
    expect(opening()).toMatchObject({ onlyListening: true, state: { kind: 'starting' } });
    expect(begun({ interactive: true }).state.kind).toBe('starting');
    expect(columns['INTERACTIVE (nobody asked)']?.().state).toEqual({ kind: 'interactive', promptId: null });
  });
});

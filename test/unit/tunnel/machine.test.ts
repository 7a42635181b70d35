import { describe, expect, it } from 'vitest';
import type { TunnelStateKind } from '../../../src/shared/model/tunnel.ts';
import type { Effect, Machine, MachineInput, MachinePolicy } from '../../../src/main/engine/tunnel/machine-types.ts';
import { newMachine, transition } from '../../../src/main/engine/tunnel/machine.ts';
import { cause, fails, inputs, ordinary } from './machine-inputs.ts';

/** A machine with a clock and all effects so far. */
class Driven {
  machine: Machine;
  nowMs = 0;
  effects: Effect[] = [];

  constructor(policy: Partial<MachinePolicy> = {}) {
    this.machine = newMachine({ ...ordinary, ...policy });
  }

  /** The state after the event; `effects` holds what it asked for. Events that need an id get the present one. */
  send(input: MachineInput): this {
    const step = transition(this.machine, { ...input, at: { nowMs: this.nowMs, wallMs: 1_000_000 + this.nowMs } });
    this.machine = step.machine;
    this.effects = [...step.effects];
    return this;
  }

  get id(): number {
    return this.machine.id;
  }

  get kind(): TunnelStateKind {
    return this.machine.state.kind;
  }

  get asked(): string[] {
    return this.effects.map((effect) => effect.kind);
  }

  fail(failure = fails()): this {
    return this.send({ kind: 'failed', id: this.id, failure });
  }

  succeed(): this {
    return this.send({ kind: 'succeeded', id: this.id, degraded: null });
  }

  due(clientsWait = false): this {
    return this.send({ kind: 'retry-due', id: this.id, clientsWait });
  }
}

type Named =
  | 'stopped'
  | 'listening'
  | 'opening'
  | 'starting'
  | 'prompt'
  | 'unattended'
  | 'running'
  | 'demand-running'
  | 'retrying'
  | 'dead';

/** A machine in each of the columns of the table. */
const columns: Record<Named, () => Driven> = {
  stopped: () => new Driven(),
  listening: () => {
    const driven = new Driven({ demand: true }).send({ kind: 'up', by: 'person' });
    return driven.send({ kind: 'opened', id: driven.id });
  },
  opening: () => new Driven({ demand: true }).send({ kind: 'up', by: 'person' }),
  starting: () => new Driven().send({ kind: 'up', by: 'person' }),
  prompt: () => {
    const driven = columns.starting();
    return driven.send({ kind: 'waiting', id: driven.id, promptId: 'p1' });
  },
  unattended: () => new Driven({ interactive: true }).send({ kind: 'up', by: 'login' }),
  running: () => columns.starting().succeed(),
  'demand-running': () => columns.listening().send({ kind: 'knock', inMs: 0 }).succeed(),
  retrying: () => columns.starting().fail(),
  dead: () => columns.starting().fail(fails('person')),
};

/** Every event, made for a machine, so that its id is not stale. */
const rows: Record<string, (driven: Driven) => MachineInput> = {
  'up by a person': () => ({ kind: 'up', by: 'person' }),
  'up at login': () => ({ kind: 'up', by: 'login' }),
  down: () => ({ kind: 'down' }),
  restart: () => ({ kind: 'restart' }),
  now: () => ({ kind: 'hurry', by: 'person' }),
  wake: () => ({ kind: 'hurry', by: 'wake' }),
  ...inputs,
  'failed in passing': ({ id }) => ({ kind: 'failed', id, failure: fails() }),
  'failed at listening': ({ id }) => ({ kind: 'failed', id, failure: fails('auto', 'listen') }),
  'failed at forwards': ({ id }) => ({ kind: 'failed', id, failure: fails('auto', 'forwards') }),
  'failed for a person': ({ id }) => ({ kind: 'failed', id, failure: fails('person') }),
  'other policy': ({ machine }) => ({ kind: 'reconfigured', policy: machine.policy, link: false, forwards: false }),
  'other forwards': ({ machine }) => ({ kind: 'reconfigured', policy: machine.policy, link: false, forwards: true }),
  'other connection': ({ machine }) => ({ kind: 'reconfigured', policy: machine.policy, link: true, forwards: false }),
};

/** Where each event leads from each column, in short; `·` leaves the state as it is. */
const table: Record<string, string> = {
  //                    stopped   listening opening   starting  prompt    unattended running  d-running retrying  dead
  'up by a person':
    '   starting  ·         ·         ·         ·         starting  ·         ·         starting  starting',
  'up at login':
    '      starting  ·         ·         ·         ·         ·         ·         ·         ·         starting',
  down: '               ·         stopped   stopped   stopped   stopped   stopped   stopped   stopped   stopped   stopped',
  restart:
    '            starting  ·         ·         starting! starting  starting  starting  starting  starting  starting',
  now: '                ·         ·         ·         ·         ·         ·         ·         ·         starting  ·',
  wake: '               ·         ·         ·         ·         ·         ·         ·         ·         starting  ·',
  'attempt-shared': '   ·         ·         ·         ·         ·         ·         ·         ·         starting  ·',
  'link-available': '   ·         ·         ·         ·         ·         starting  ·         ·         starting  ·',
  knock: '              ·         starting  starting! ·         ·         starting  ·         ·         starting  ·',
  'retry-due': '        ·         ·         ·         ·         ·         ·         ·         ·         starting  ·',
  idle: '               ·         ·         ·         ·         ·         ·         ·         listening ·         ·',
  'lifetime-over': '    ·         dead      dead      dead      dead      dead      dead      dead      dead      ·',
  opened: '             ·         ·         listening ·         ·         ·         ·         ·         ·         ·',
  phase: '              ·         ·         ·         starting! ·         ·         ·         ·         ·         ·',
  'waiting (id)': '     ·         ·         ·         interactive interactive! ·    ·         ·         ·         ·',
  'waiting (null)': '   ·         ·         ·         ·         starting  ·         ·         ·         ·         ·',
  succeeded: '          ·         ·         ·         running   running   ·         ·         ·         ·         ·',
  degraded: '           ·         ·         ·         ·         ·         ·         running!  running!  ·         ·',
  'failed in passing': '·         ·         ·         retrying  retrying  ·         retrying  listening ·         ·',
  'failed at listening': '·       retrying  retrying  retrying  retrying  ·         retrying  retrying  ·         ·',
  'failed at forwards': '·        ·         ·         retrying  retrying  ·         retrying  listening ·         ·',
  'failed for a person': '·       ·         ·         dead      dead      ·         dead      dead      ·         ·',
  'other policy': '     ·         ·         ·         ·         ·         ·         ·         ·         ·         ·',
  'other forwards': '   ·         ·         ·         ·         ·         ·         ·         ·         starting  ·',
  'other connection':
    ' ·         ·         starting! starting! starting  ·         starting  starting  starting  starting',
};

describe('the table: every event in every state', () => {
  for (const [event, make] of Object.entries(rows)) {
    it(event, () => {
      const expected = (table[event] ?? '').trim().split(/\s+/);
      const got = Object.values(columns).map((column) => {
        const driven = column();
        const before = driven.machine.state;
        driven.send(make(driven));
        if (driven.machine.state === before) return '·';
        return driven.kind === before.kind ? `${driven.kind}!` : driven.kind;
      });
      expect(got).toEqual(expected);
    });
  }

  it('drops every event with a stale id', () => {
    for (const column of Object.values(columns)) {
      for (const make of Object.values(rows)) {
        const driven = column();
        const input = make(driven);
        if (!('id' in input)) continue;
        const before = driven.machine;
        driven.send({ ...input, id: driven.id - 1 });
        expect(driven.machine).toBe(before);
        expect(driven.effects).toEqual([]);
      }
    }
  });
});

describe('effects', () => {
  it('of a run', () => {
    const driven = new Driven({ maxLifetimeMs: 9000 });
    expect(driven.send({ kind: 'up', by: 'person' }).effects).toEqual([
      { kind: 'want', wanted: true },
      { kind: 'start', id: 1, unattended: false },
      { kind: 'arm-lifetime', limitMs: 9000 },
    ]);
    expect(driven.succeed().effects).toEqual([]);
    expect(driven.fail().effects).toEqual([{ kind: 'abandon' }, { kind: 'wait', id: 2, delayMs: 500 }]);
    expect(driven.due().effects).toEqual([{ kind: 'abandon' }, { kind: 'start', id: 3, unattended: false }]);
    expect(driven.send({ kind: 'down' }).asked).toEqual([
      'release-parked',
      'abandon',
      'close-forwards',
      'cancel-lifetime',
      'want',
    ]);
  });

  it('of a restart while it runs: the link is replaced before it is given up', () => {
    expect(columns.running().send({ kind: 'restart' }).asked).toEqual(['replace-link', 'abandon', 'start']);
  });

  it('of a prompt: parked clients are held until it is answered', () => {
    const driven = columns.prompt();
    expect(driven.effects).toEqual([{ kind: 'hold-parked', held: true }]);
    driven.send({ kind: 'waiting', id: driven.id, promptId: null });
    expect(driven.effects).toEqual([{ kind: 'hold-parked', held: false }]);
    expect(driven.machine.state).toMatchObject({ kind: 'starting' });
  });

  it('a login that was finished nowhere is DEAD: nothing but a person calls anybody again', () => {
    const driven = columns.prompt().fail(fails('person'));
    const without: MachineInput[] = [
      { kind: 'hurry', by: 'wake' },
      { kind: 'hurry', by: 'person' },
      { kind: 'attempt-shared' },
      { kind: 'link-available' },
      { kind: 'knock', inMs: 0 },
      { kind: 'retry-due', id: driven.id, clientsWait: true },
    ];
    for (const input of without) {
      driven.send(input);
      expect([driven.kind, driven.asked], input.kind).toEqual(['dead', []]);
    }
    driven.send({ kind: 'up', by: 'person' });
    expect(driven.kind).toBe('starting');
  });

  it('of death: parked clients go, ports close', () => {
    const driven = columns.starting().fail(fails('person'));
    expect(driven.asked).toEqual(['release-parked', 'abandon', 'close-forwards', 'cancel-lifetime', 'want']);
  });

  it('of a link that does not answer: it is replaced', () => {
    const driven = columns.running().fail(fails('auto', 'link', { replaceLink: true }));
    expect(driven.asked).toEqual(['replace-link', 'abandon', 'wait']);
  });

  it('of a check or a forward that failed: the link stays', () => {
    for (const stage of ['probe', 'forwards'] as const)
      expect(columns.running().fail(fails('auto', stage)).asked).toEqual(['keep-link', 'abandon', 'wait']);
  });

  it('on demand: those that waited in vain go before the link is given up, those that were cut off may knock', () => {
    const attempt = columns.listening().send({ kind: 'knock', inMs: 0 }).fail();
    expect(attempt.asked).toEqual(['release-parked', 'abandon', 'open-listeners']);
    expect(columns['demand-running']().fail().asked).toEqual(['abandon', 'open-listeners']);
  });

  it('on demand: tries again as long as a client waits, and listens when none does', () => {
    const driven = columns.listening().send({ kind: 'knock', inMs: 0 });
    driven.fail(fails('auto', 'link', { clientsWait: true }));
    expect(driven.asked).toEqual(['abandon', 'wait']);
    expect(driven.machine.state.kind).toBe('retrying');
    driven.due(true);
    expect(driven.machine).toMatchObject({ state: { kind: 'starting', phase: 'resolve' }, attempt: 2, tries: 2 });
    driven.fail(fails('auto', 'link', { clientsWait: true })).due();
    expect(driven.asked).toEqual(['abandon', 'open-listeners']);
    expect(driven.machine).toMatchObject({ state: { kind: 'listening' }, lastCause: cause });
  });
});

describe('counts', () => {
  it('attempt counts tries since it ran, tries since it was stable', () => {
    const driven = columns.starting();
    expect(driven.machine).toMatchObject({ attempt: 1, tries: 1 });
    driven.fail().due();
    expect(driven.machine).toMatchObject({ attempt: 2, tries: 2 });
    driven.succeed();
    expect(driven.machine).toMatchObject({ attempt: 0, tries: 2, reconnects: 0 });
    driven.nowMs = 59_999;
    driven.fail();
    expect(driven.machine).toMatchObject({ attempt: 0, tries: 2 });
    driven.due().succeed();
    expect(driven.machine).toMatchObject({ attempt: 0, tries: 3, reconnects: 1 });
    driven.nowMs += 60_000;
    driven.fail();
    expect(driven.machine.tries).toBe(0);
  });

  it('are forgotten when a person acts, but reconnects stay until it is taken down', () => {
    const driven = columns.running().fail().due().succeed().fail().due().fail();
    expect(driven.machine).toMatchObject({ attempt: 1, reconnects: 1 });
    driven.send({ kind: 'hurry', by: 'person' });
    expect(driven.machine).toMatchObject({ attempt: 1, tries: 1, starts: 1, reconnects: 1 });
    driven.fail(fails('person')).send({ kind: 'up', by: 'person' });
    expect(driven.machine.reconnects).toBe(1);
    driven.send({ kind: 'down' }).send({ kind: 'up', by: 'person' });
    expect(driven.machine.reconnects).toBe(0);
  });

  it('a restart that a person asked for is no reconnect', () => {
    expect(columns.running().send({ kind: 'restart' }).succeed().machine.reconnects).toBe(0);
  });

  it('wake-up makes waits short again, but not those of autossh', () => {
    const worn = (policy: Partial<MachinePolicy>): Driven => {
      const driven = new Driven(policy).send({ kind: 'up', by: 'person' });
      for (let i = 0; i < 5; i += 1) driven.fail().due();
      return driven.fail().send({ kind: 'hurry', by: 'wake' });
    };
    expect(worn({}).machine).toMatchObject({ attempt: 7, tries: 1 });
    expect(worn({ backoff: { kind: 'autossh' } }).machine).toMatchObject({ attempt: 7, tries: 7 });
  });

  it('auth failures count in a row: a network fault between does not reset them, a success does', () => {
    const driven = columns.starting().fail(fails('limited'));
    expect(driven.kind).toBe('retrying');
    driven.due().fail().due().fail(fails('limited'));
    expect(driven.kind).toBe('dead');
    const other = columns.starting().fail(fails('limited')).due().succeed().fail().due().fail(fails('limited'));
    expect(other.kind).toBe('retrying');
  });
});

describe('a link that ran', () => {
  const flapping: Partial<MachinePolicy> = { stableMs: 10_000 };

  /** Loses a link that was up for `upMs` and comes back after the whole wait; returns that wait's longest. */
  function flap(driven: Driven, upMs: number): number {
    driven.nowMs += upMs;
    driven.fail(fails('auto', 'link', { jitter: 1 }));
    const wait = driven.effects.find((effect) => effect.kind === 'wait');
    const delayMs = wait?.kind === 'wait' ? wait.delayMs : -1;
    driven.nowMs += delayMs;
    driven.due().succeed();
    return delayMs;
  }

  it('for 10 s and as long as the wait before it resets the count of tries: it is there again at once each time', () => {
    const driven = new Driven(flapping).send({ kind: 'up', by: 'person' }).succeed();
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => flap(driven, 15_000))).toEqual(Array<number>(8).fill(1000));
  });

  it('for less does not', () => {
    const driven = new Driven(flapping).send({ kind: 'up', by: 'person' }).succeed();
    expect([1, 2, 3, 4, 5].map(() => flap(driven, 9999))).toEqual([1000, 2000, 4000, 8000, 16_000]);
    // Longer than 10 s, but not than the 16 s that it was waited for.
    expect(flap(driven, 15_000)).toBe(32_000);
    expect(flap(driven, 32_000)).toBe(1000);
  });

  it('is compared with what was waited in truth', () => {
    const driven = new Driven(flapping).send({ kind: 'up', by: 'person' });
    for (let i = 0; i < 7; i += 1) driven.fail(fails('auto', 'link', { jitter: 1 })).due();
    driven.fail(fails('auto', 'link', { jitter: 1 }));
    driven.nowMs += 500;
    driven.send({ kind: 'knock', inMs: 0 }).succeed();
    expect(flap(driven, 12_000)).toBe(1000);
  });
});

describe('a client that knocks during a wait', () => {
  it('has no try made after a fault of the login: a saved password may have been sent', () => {
    const driven = columns.starting().fail(fails('auto', 'link', { inLogin: true }));
    expect(driven.kind).toBe('retrying');
    expect(driven.send({ kind: 'knock', inMs: 0 }).effects).toEqual([]);
    driven.due().fail(fails('auto'));
    expect(driven.send({ kind: 'knock', inMs: 0 }).asked).toContain('start');
  });

  const waiting = (changes: Partial<MachinePolicy> = {}, failure = fails('auto', 'link', { jitter: 1 })): Driven => {
    const driven = new Driven(changes).send({ kind: 'up', by: 'person' });
    for (let i = 0; i < 5; i += 1) driven.fail().due();
    return driven.fail(failure);
  };

  it('starts the try at once', () => {
    const driven = waiting();
    expect(driven.send({ kind: 'knock', inMs: 0 }).asked).toEqual(['abandon', 'start']);
    expect(driven.kind).toBe('starting');
  });

  it('shortens the wait if the host was tried for a client just before, and never makes it longer', () => {
    const driven = waiting();
    const { id } = driven;
    driven.nowMs += 1000;
    expect(driven.send({ kind: 'knock', inMs: 2000 }).effects).toEqual([{ kind: 'wait', id, delayMs: 2000 }]);
    expect(driven.machine).toMatchObject({
      state: { kind: 'retrying', nextTryAtMs: 1_003_000 },
      retryAtMs: 3000,
    });
    driven.nowMs += 1000;
    expect(driven.send({ kind: 'knock', inMs: 1000 }).effects).toEqual([]);
    expect(driven.send({ kind: 'knock', inMs: 2500 }).effects).toEqual([]);
    driven.nowMs += 1000;
    expect(driven.due().kind).toBe('starting');
  });

  it.each<[string, Driven]>([
    ['a refused login', waiting({}, fails('limited'))],
    ['a refused login before the last try', waiting({}, fails('limited')).due().fail()],
    ['a forward that the server refuses', waiting({}, fails('auto', 'forwards'))],
    ['a check that failed', waiting({}, fails('auto', 'probe'))],
    ['a busy port', waiting({}, fails('auto', 'listen'))],
    ["a wait of autossh's schedule", waiting({ backoff: { kind: 'autossh' } })],
    ['a tunnel that gave up', waiting({}, fails('person'))],
  ])('changes nothing for %s', (_name, driven) => {
    const before = driven.machine;
    for (const inMs of [0, 100]) {
      driven.send({ kind: 'knock', inMs });
      expect(driven.machine).toBe(before);
      expect(driven.effects).toEqual([]);
    }
  });
});

describe("autossh's numbers", () => {
  const autossh: Partial<MachinePolicy> = { backoff: { kind: 'autossh' }, gateTimeMs: 30_000 };

  it('gate time: the first start ends within it, in whole seconds, inclusive', () => {
    for (const [endMs, kind] of [
      [0, 'dead'],
      [30_999, 'dead'],
      [31_000, 'retrying'],
    ] as const) {
      const driven = new Driven(autossh).send({ kind: 'up', by: 'person' }).succeed();
      driven.nowMs = endMs;
      driven.fail();
      expect(driven.kind, `${endMs} ms`).toBe(kind);
      if (driven.machine.state.kind === 'dead') expect(driven.machine.state.cause.code).toBe('failed-early');
    }
  });

  it('gate time: not for later starts, not when the engine starts it, not after a restart', () => {
    const later = new Driven(autossh).send({ kind: 'up', by: 'person' });
    later.nowMs = 40_000;
    expect(later.fail().due().fail().kind).toBe('retrying');
    expect(new Driven(autossh).send({ kind: 'up', by: 'login' }).fail().kind).toBe('retrying');
    expect(new Driven(autossh).send({ kind: 'up', by: 'person' }).send({ kind: 'restart' }).fail().kind).toBe(
      'retrying',
    );
  });

  it('max starts counts starts, and is noticed before the wait', () => {
    const driven = new Driven({ maxStarts: 3 }).send({ kind: 'up', by: 'person' });
    expect(driven.fail().due().fail().due().kind).toBe('starting');
    driven.fail();
    expect(driven.machine.state).toMatchObject({ kind: 'dead', cause: { code: 'too-many-starts' } });
  });

  it('max starts of 0 never starts', () => {
    const driven = new Driven({ maxStarts: 0 }).send({ kind: 'up', by: 'person' });
    expect(driven.machine.state).toMatchObject({ kind: 'dead', cause: { code: 'too-many-starts' } });
    expect(driven.asked).not.toContain('start');
  });

  it('the waits are those of the table when nothing lasts', () => {
    const driven = new Driven({ backoff: { kind: 'autossh' } }).send({ kind: 'up', by: 'person' });
    const waits: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      driven.fail();
      for (const effect of driven.effects) if (effect.kind === 'wait') waits.push(effect.delayMs / 1000);
      driven.due();
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 2, 8, 18, 32, 50]);
  });

  it('nobody joins before its time', () => {
    const driven = new Driven({ backoff: { kind: 'autossh' } }).send({ kind: 'up', by: 'person' }).fail();
    expect(driven.send({ kind: 'attempt-shared' }).kind).toBe('retrying');
    expect(driven.send({ kind: 'link-available' }).kind).toBe('retrying');
  });
});

describe('interactive tunnels', () => {
  it('ask nobody at start of the engine, dial when a person asks', () => {
    const driven = columns.unattended();
    expect(driven.machine.state).toEqual({ kind: 'interactive', promptId: null });
    expect(driven.asked).toEqual(['want', 'open-listeners', 'hold-parked']);
    expect(driven.send({ kind: 'up', by: 'person' }).effects).toContainEqual({
      kind: 'start',
      id: 2,
      unattended: false,
    });
  });

  it('go on dialling while a person waits, but not after a loss', () => {
    const driven = new Driven({ interactive: true }).send({ kind: 'up', by: 'person' });
    expect(driven.fail().kind).toBe('retrying');
    expect(driven.due().kind).toBe('starting');
    driven.succeed().fail();
    expect(driven.machine.state).toEqual({ kind: 'interactive', promptId: null });
    expect(driven.machine.lastCause).toEqual(cause);
  });

  it('join a link that somebody else made, and only that', () => {
    const driven = columns.unattended().send({ kind: 'link-available' });
    expect(driven.effects).toContainEqual({ kind: 'start', id: 2, unattended: true });
    expect(columns.unattended().send({ kind: 'attempt-shared' }).kind).toBe('interactive');
  });

  it('dial for a client that knocks, once', () => {
    const driven = columns.unattended().send({ kind: 'knock', inMs: 0 });
    expect(driven.kind).toBe('starting');
    expect(driven.fail().machine.state).toEqual({ kind: 'interactive', promptId: null });
  });

  it('wait when only the forwards failed: the login is there', () => {
    const driven = new Driven({ interactive: true }).send({ kind: 'up', by: 'person' }).succeed();
    expect(driven.fail(fails('auto', 'forwards')).kind).toBe('retrying');
    expect(driven.due().machine.state).toEqual({ kind: 'interactive', promptId: null });
  });

  it('show the prompt of an attempt as other tunnels do', () => {
    const driven = new Driven({ interactive: true }).send({ kind: 'up', by: 'person' });
    driven.send({ kind: 'waiting', id: driven.id, promptId: 'p7' });
    expect(driven.machine.state).toEqual({ kind: 'interactive', promptId: 'p7' });
    expect(driven.fail(fails('person')).kind).toBe('dead');
  });
});

it('the phase goes on behind a prompt', () => {
  const driven = columns.prompt();
  driven.send({ kind: 'phase', id: driven.id, phase: 'auth', hop: 'web' });
  expect(driven.machine.state).toEqual({ kind: 'interactive', promptId: 'p1' });
  driven.send({ kind: 'waiting', id: driven.id, promptId: null });
  expect(driven.machine.state).toEqual({ kind: 'starting', phase: 'auth', hop: 'web' });
});

describe('a configuration that mends what gave up', () => {
  const interactive: MachinePolicy = { ...ordinary, interactive: true };
  const mended: MachineInput = { kind: 'reconfigured', policy: interactive, link: true, forwards: false };

  it('goes on with a wish that never came true', () => {
    const tunnel = new Driven({ interactive: true }).send({ kind: 'up', by: 'person' });
    tunnel.send({ kind: 'failed', id: tunnel.id, failure: fails('person') });
    expect(tunnel.kind).toBe('dead');
    expect(tunnel.send(mended).effects).toContainEqual({ kind: 'start', id: tunnel.id, unattended: false });
  });

  it('asks for no login that nobody wanted since it last ran', () => {
    const tunnel = new Driven().send({ kind: 'up', by: 'person' });
    tunnel.send({ kind: 'succeeded', id: tunnel.id, degraded: null }).send({ kind: 'lifetime-over' });
    expect(tunnel.kind).toBe('dead');
    tunnel.send(mended);
    expect(tunnel.kind).toBe('interactive');
    expect(tunnel.asked).not.toContain('start');
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Lifecycle } from '../../../../src/main/desktop/lifecycle.ts';
import { PromptPolicy } from '../../../../src/main/desktop/prompt-policy.ts';
import { prompt, row, running } from './rows.ts';

afterEach(() => {
  vi.useRealTimers();
});

function make(over: { clients?: number; agree?: boolean; stop?: () => Promise<void> } = {}) {
  const steps = {
    clients: () => over.clients ?? 0,
    ask: vi.fn(() => Promise.resolve(over.agree ?? true)),
    stop: vi.fn(over.stop ?? (() => Promise.resolve())),
    leave: vi.fn(),
  };
  const life = new Lifecycle(steps);
  life.running();
  return { life, steps };
}

describe('quitting', () => {
  it('asks only when programs are connected', async () => {
    const free = make();
    await free.life.quit({ ask: true });
    expect(free.steps.ask).not.toHaveBeenCalled();
    expect(free.steps.leave).toHaveBeenCalledOnce();
    const busy = make({ clients: 2, agree: false });
    await busy.life.quit({ ask: true });
    expect(busy.life.phase).toBe('running');
    expect(busy.steps.stop).not.toHaveBeenCalled();
    await busy.life.quit({ ask: false });
    expect(busy.steps.ask).toHaveBeenCalledOnce();
    expect(busy.life.phase).toBe('ended');
  });

  it('happens once', async () => {
    const { life, steps } = make();
    await Promise.all([life.quit({ ask: true }), life.quit({ ask: false }), life.quit({ ask: true })]);
    expect(steps.stop).toHaveBeenCalledOnce();
    expect(steps.leave).toHaveBeenCalledOnce();
  });

  it('leaves within 5 s though the engine hangs', async () => {
    vi.useFakeTimers();
    const { life, steps } = make({ stop: () => new Promise(() => undefined) });
    const quitting = life.quit({ ask: false });
    await vi.advanceTimersByTimeAsync(4999);
    await quitting;
    expect(steps.leave).toHaveBeenCalledOnce();
  });

  it('does not wait for an answer when the system goes down', async () => {
    let answer: (agreed: boolean) => void = () => undefined;
    const { life, steps } = make({ clients: 1 });
    steps.ask.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const asked = life.quit({ ask: true });
    await life.quit({ ask: false });
    answer(false);
    await asked;
    expect(life.phase).toBe('ended');
    expect(steps.leave).toHaveBeenCalledOnce();
  });
});

describe('a question', () => {
  const tunnels = (parked: number) => new Map([['db', row('db', running, { parked })]]);

  it('opens its window if a person asked for the tunnel, or a program waits', () => {
    const policy = new PromptPolicy();
    expect(policy.opensWindow(prompt('1'), tunnels(0))).toBe(false);
    expect(policy.opensWindow(prompt('1'), tunnels(1))).toBe(true);
    policy.wanted(['db']);
    expect(policy.opensWindow(prompt('1'), tunnels(0))).toBe(true);
    policy.changed([row('db', running)]);
    expect(policy.opensWindow(prompt('1'), tunnels(0))).toBe(false);
  });

  it('takes the keyboard only after a click in Holdfast', () => {
    const policy = new PromptPolicy();
    expect(policy.takesFocus(0, false)).toBe(false);
    expect(policy.takesFocus(0, true)).toBe(true);
    policy.clicked(1000);
    expect(policy.takesFocus(2000, false)).toBe(true);
    expect(policy.takesFocus(9000, false)).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { PromptBroker, type PromptQuestion } from '../../../src/main/engine/prompts/broker.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function asking(fields: PromptQuestion['fields'], kind: PromptQuestion['kind'] = 'otp') {
  const order: string[] = [];
  const broker = new PromptBroker(new FakeClock(), {
    hide: (secret) => order.push(`hidden ${secret.reveal()}`),
    redact: (text) => text.replaceAll('hunter2', '[secret]'),
  });
  const question: PromptQuestion = {
    kind,
    tunnels: () => ['db'],
    host: 'box',
    hop: 'edge',
    address: '127.0.0.1:22',
    user: 'somebody',
    message: 'It was hunter2. See https://example.org/hunter2 or https://example.org/ok',
    fields,
    hostKey: null,
    signIn: { serverText: 'hunter2', keyFile: null, accepted: [], triesLeft: 3, refused: null },
    elsewhere: null,
    round: 1,
    mayRemember: false,
  };
  void broker.ask(question, new AbortController().signal, () => {}).then(() => order.push('answered'));
  const answer = (...values: string[]): void =>
    broker.answer('1', { kind: 'values', values: values.map((value) => Secret.from(value)), remember: false });
  return { broker, order, answer };
}

const hidden = { label: 'Code:', echo: false };
const shown = { label: 'Login hunter2:', echo: true };

describe('what a person answers', () => {
  test.each(['otp', 'password', 'passphrase'] as const)(
    '%s: each hidden field is known before it goes on',
    async (kind) => {
      const { order, answer } = asking([hidden, hidden], kind);
      answer('1', 'geheim');
      await Promise.resolve();
      expect(order).toEqual(['hidden 1', 'hidden geheim', 'answered']);
    },
  );

  test.each([
    ['123456', ['hidden 123456']],
    ['push', ['hidden push']],
    // A choice from a list, and names that stand everywhere.
    ['1', []],
    ['somebody', []],
    ['box', []],
    ['edge', []],
  ])('an echoed %s', (value, expected) => {
    const { order, answer } = asking([shown]);
    answer(value);
    expect(order).toEqual(expected);
  });

  test('that comes too late or does not fit is known too', () => {
    const { broker, order, answer } = asking([hidden]);
    expect(() => answer('one', 'two')).toThrow(/1 field/);
    expect(() => broker.answer('9', { kind: 'values', values: [Secret.from('late')], remember: false })).toThrow(
      /no open prompt/,
    );
    expect(order).toEqual(['hidden one', 'hidden two', 'hidden late']);
  });

  test('stands in no question that follows, nor in its addresses', () => {
    const { broker } = asking([shown]);
    const [prompt] = broker.list();
    expect(JSON.stringify(prompt)).not.toContain('hunter2');
    expect(prompt?.addresses).toEqual(['https://example.org/ok']);
  });
});

import { afterAll, afterEach } from 'vitest';
import type { HostConfig } from '../../src/shared/model/config.ts';
import type { Prompt } from '../../src/shared/model/prompt.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { Secret } from '../../src/main/engine/secrets/secret.ts';
import { createAuthenticator } from '../../src/main/engine/ssh/machine-authenticator.ts';
import type { KeyMemory } from '../../src/main/engine/ssh/key-record.ts';
import { OneKeyTrust, hostFor, linkSetup } from '../support/link-parts.ts';
import { startAgent } from '../support/openssh-client.ts';
import { type SshdOptions, type TestSshd, startSshd } from '../support/sshd.ts';
import { makeTempFolder } from '../support/temp.ts';
import type { TestServer } from '../support/test-server.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';

/** Removed when the test file ends. */
export const folder = makeTempFolder();

/** Run after each test, the newest first. */
export const cleanUps: (() => Promise<void> | void)[] = [];

/** Call once at the top of a test file. */
export function useLogins(): void {
  afterEach(async () => {
    for (const release of cleanUps.splice(0).reverse()) await release();
  });
  afterAll(() => folder.dispose());
}

export interface Outcome {
  readonly authenticatedBy: string;
  readonly prompts: readonly Prompt[];
}

/** `cancel` cancels; a list answers several fields. */
type Answers = readonly (string | readonly string[] | (() => string))[];

/** One login through the connector with real prompts; `answers` are typed in order. Rejects as the connector does. */
export async function login(
  server: Pick<TestServer, 'port' | 'user' | 'hostKeys'>,
  host: Partial<HostConfig>,
  answers: Answers = [],
  extra: {
    readonly env?: Record<string, string>;
    readonly store?: MapStore;
    readonly remember?: boolean;
    readonly home?: string;
    readonly memory?: KeyMemory;
  } = {},
): Promise<Outcome> {
  const authenticator = createAuthenticator({
    clock: systemClock,
    secrets: extra.store ?? new MapStore(),
    env: extra.env ?? {},
    home: extra.home ?? folder.file('no-home'),
    ...(extra.memory === undefined ? {} : { memory: extra.memory }),
  });
  const setup = linkSetup(new OneKeyTrust(Object.values(server.hostKeys)), authenticator);
  const seen: Prompt[] = [];
  const queue = [...answers];
  setup.prompts.onDidOpen((prompt) => {
    seen.push(prompt);
    const next = queue.shift();
    if (next === undefined) throw new Error(`nobody answers: ${prompt.message}`);
    const value = typeof next === 'function' ? next() : next;
    const answer =
      value === 'cancel'
        ? ({ kind: 'cancel' } as const)
        : ({
            kind: 'values',
            values: [value].flat().map((text) => Secret.from(text)),
            remember: extra.remember ?? false,
          } as const);
    setImmediate(() => setup.prompts.answer(prompt.id, answer));
  });
  try {
    const link = await setup.connect(hostFor(server.port, { user: server.user, ...host }));
    const { authenticatedBy } = link.info;
    await link.ping(5000);
    link.dispose();
    return { authenticatedBy, prompts: seen };
  } finally {
    authenticator.dispose();
    setup.prompts.dispose();
  }
}

/** An sshd for the running test. */
export async function sshd(options: SshdOptions): Promise<TestSshd> {
  const server = await startSshd(options);
  cleanUps.push(() => server.stop());
  return server;
}

/** An ssh-agent with these keys for the running test, as environment. */
export async function agentWith(...files: string[]): Promise<{ SSH_AUTH_SOCK: string }> {
  const agent = await startAgent();
  cleanUps.push(() => agent.stop());
  if (files.length > 0) agent.add(...files);
  return { SSH_AUTH_SOCK: agent.socket };
}

import { describe, expect, test } from 'vitest';
import type { HostConfig } from '../../src/shared/model/config.ts';
import type { HoldfastError } from '../../src/shared/model/failure.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { Secret } from '../../src/main/engine/secrets/secret.ts';
import { createAuthenticator } from '../../src/main/engine/ssh/machine-authenticator.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, type LinkSetup, linkSetup, OneKeyTrust } from '../support/link-parts.ts';
import { type LoginServer, type LoginTools, startLoginServer } from '../support/login-server.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';

checkLeaks();

/** Servers that end their questions, and their connections, in ways of their own. */

type Script = Parameters<typeof startLoginServer>[0];

interface Scene {
  readonly server: LoginServer;
  readonly prompts: LinkSetup['prompts'];
  /** Logs in; what it came to. */
  readonly login: (host?: Partial<HostConfig>) => Promise<'in' | HoldfastError>;
}

async function withServer(
  script: Script,
  work: (scene: Scene) => Promise<void>,
  redact?: (text: string) => string,
): Promise<void> {
  const server = await startLoginServer(script);
  const home = tempFolder();
  const authenticator = createAuthenticator({
    clock: systemClock,
    secrets: new MapStore(),
    env: {},
    home: home.path,
  });
  const trust = new OneKeyTrust([server.knownHostsLine.replace(/^\S+ /, '')]);
  const setup = linkSetup(trust, authenticator, silentLog, redact);
  try {
    await work({
      server,
      prompts: setup.prompts,
      login: (host = {}) =>
        setup.connect(hostFor(server.port, { agent: false, identity: [], ...host })).then(
          (link) => {
            link.dispose();
            return 'in' as const;
          },
          (error: HoldfastError) => error,
        ),
    });
  } finally {
    authenticator.dispose();
    await server.stop();
  }
}

function newKeys(count: number): string[] {
  const folder = tempFolder();
  return Array.from({ length: count }, (_, index) => {
    const file = folder.file(`key-${index}`);
    makeKey(file);
    return file;
  });
}

/** The socket below a connection, which ssh2 does not show. */
function reset({ client }: LoginTools): void {
  (client as unknown as { readonly _sock: { resetAndDestroy(): void } })._sock.resetAndDestroy();
}

describe('a server that ends an exchange while its question is open', () => {
  test('has one question open at a time, and gets no answer to one that it closed', async () => {
    let round = 0;
    const answered: string[] = [];
    const script: Script = (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      round += 1;
      const mine = round;
      context.prompt([{ prompt: `Q${mine}: `, echo: false }], (answers) => {
        answered.push(`${mine}: ${answers.join()}`);
        context.accept();
      });
      // It closes its first two questions by itself.
      if (mine < 3) setImmediate(() => context.reject(['keyboard-interactive']));
    };
    await withServer(script, async ({ login, prompts }) => {
      const opened: string[] = [];
      const most: number[] = [];
      const watching = prompts.onDidOpen((prompt) => {
        opened.push(prompt.id);
        most.push(prompts.list().length);
      });
      const ended = login();
      await until(() => opened.length === 3 && prompts.list().length === 1, {
        what: 'the third question alone',
        seen: () => prompts.list().map(({ message }) => message),
      });
      expect(Math.max(...most)).toBe(1);
      const [first = '', , third = ''] = opened;
      const say = (id: string, text: string): void =>
        prompts.answer(id, { kind: 'values', values: [Secret.from(text)], remember: false });
      expect(() => say(first, 'for the first')).toThrow();
      say(third, 'for the third');
      expect(await ended).toBe('in');
      expect(answered).toEqual(['3: for the third']);
      expect(prompts.list()).toEqual([]);
      watching.dispose();
    });
  });

  test('leaves no question behind when it lets in meanwhile', async () => {
    const script: Script = (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt([{ prompt: 'Q: ', echo: false }], () => {});
      setImmediate(() => context.accept());
    };
    await withServer(script, async ({ login, prompts }) => {
      for (let count = 0; count < 3; count += 1) {
        expect(await login()).toBe('in');
        expect(prompts.list()).toEqual([]);
      }
    });
  });
});

describe('a server that cuts the login off', () => {
  test.each(['end', 'reset'] as const)('after it turned a key down has refused the login: %s', async (how) => {
    const script: Script = (context, tools) => {
      if (context.method === 'none') return context.reject(['publickey']);
      if (tools.before > 0 || asked++ > 0) return how === 'end' ? tools.client.end() : reset(tools);
      context.reject(['publickey']);
    };
    let asked = 0;
    await withServer(script, async ({ login }) => {
      expect(await login({ identity: newKeys(2) })).toMatchObject({ code: 'auth-failed', retry: 'limited' });
    });
  });

  test.each(['end', 'reset'] as const)(
    'on the second connection, after it called somebody, calls nobody again: %s',
    async (how) => {
      const script: Script = (context, tools) => {
        if (context.method === 'none') return context.reject(['publickey', 'keyboard-interactive']);
        if (context.method === 'publickey' && tools.before === 0)
          return tools.disconnect(2, 'Too many authentication failures');
        if (context.method !== 'keyboard-interactive') return context.reject(['publickey', 'keyboard-interactive']);
        tools.banner('Approve at https://x.example/1');
        calledBy = tools;
      };
      let calledBy: LoginTools | null = null;
      await withServer(script, async ({ login, prompts }) => {
        const ended = login({ identity: newKeys(1) });
        await until(() => prompts.list().some(({ elsewhere }) => elsewhere !== null), { what: 'the call to be shown' });
        if (calledBy === null) throw new Error('nobody was called');
        if (how === 'end') calledBy.client.end();
        else reset(calledBy);
        expect(await ended).toMatchObject({ retry: 'person' });
      });
    },
  );

  test.each(['refused', 'failures'])(
    'is gone on with on another connection though a secret is "%s"',
    async (secret) => {
      const script: Script = (context, tools) => {
        if (context.method === 'none') return context.reject(['publickey']);
        if (tools.before < 2) return tools.disconnect(2, 'Too many authentication failures');
        context.accept();
      };
      await withServer(
        script,
        async ({ server, login }) => {
          expect(await login({ identity: newKeys(3) })).toBe('in');
          expect(server.connections()).toBe(3);
        },
        (text) => text.replaceAll(secret, '[secret]'),
      );
    },
  );
});

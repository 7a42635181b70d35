import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../src/shared/contract/events.ts';
import { PortClient } from '../../../src/main/engine/control/port-client.ts';
import { PortSession } from '../../../src/main/engine/control/port-session.ts';
import { once } from '../../../src/main/engine/lifecycle/emitter.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

/** The contract over a message port, both ends for real; behind it a made-up engine. */

const open: { dispose(): void }[] = [];

afterEach(() => {
  for (const item of open.splice(0).toReversed()) item.dispose();
});

function pair(): { engine: FakeEngine; session: PortSession; port: MessagePort } {
  const engine = new FakeEngine();
  const { port1, port2 } = new MessageChannel();
  const session = new PortSession({ port: port2, api: engine.api, events: engine.events.event, log: silentLog });
  open.push(session);
  return { engine, session, port: port1 };
}

async function greeted() {
  const parts = pair();
  const client = await PortClient.connect(parts.port, 'test');
  open.push(client);
  return { ...parts, client };
}

const news: EngineEvent = { kind: 'config', problem: 'line 3' };

describe('the contract over a message port', () => {
  it('answers calls, checked, with errors that keep their fields', async () => {
    const { client } = await greeted();
    expect(await client.call('prompts', {})).toEqual([]);
    await expect(client.call('up', { names: 7 } as never)).rejects.toMatchObject({ code: 'usage', where: 'call up' });
    await expect(client.call('nothing' as 'status', { names: [] })).rejects.toMatchObject({ code: 'usage' });
  });

  it('tells events once they are asked for', async () => {
    const { engine, client } = await greeted();
    const seen: EngineEvent[] = [];
    client.onDidEvent((event) => seen.push(event));
    engine.events.fire(news);
    await client.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });
    expect(seen).toEqual([]);
    const told = once(client.onDidEvent);
    engine.events.fire(news);
    expect(await told).toEqual(news);
  });

  it('ends on both sides when the engine ends, with what is under way refused', async () => {
    const { session, client } = await greeted();
    const ended = once(client.onDidClose);
    const under = client.call('prompts', {});
    session.dispose();
    await expect(under).rejects.toMatchObject({ code: 'no-engine' });
    expect(await ended).toMatchObject({ code: 'no-engine' });
    await expect(client.call('prompts', {})).rejects.toMatchObject({ code: 'no-engine' });
  });

  it('hears nothing more after its own end', async () => {
    const { engine, client } = await greeted();
    await client.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });
    expect(engine.events.hasListeners).toBe(true);
    client.dispose();
    await expect.poll(() => engine.events.hasListeners).toBe(false);
  });

  it('cuts off what does not greet first or sends no request', async () => {
    for (const message of [{ id: 1, call: 'prompts', input: {} }, 'what?']) {
      const { port } = pair();
      const answers: unknown[] = [];
      const closed = new Promise((resolve) => port.once('close', () => resolve(true)));
      port.on('message', (answer) => answers.push(answer));
      port.postMessage(message);
      if (typeof message === 'string') await closed;
      else await expect.poll(() => answers).toMatchObject([{ id: 1, ok: false, error: { code: 'usage' } }]);
      port.close();
    }
  });

  it('refuses a shell of another version', async () => {
    const { port } = pair();
    const closed = new Promise((resolve) => port.once('close', () => resolve(true)));
    port.start();
    port.postMessage({ id: 1, call: 'hello', input: { client: 'old', contract: 0 } });
    expect(await closed).toBe(true);
  });
});

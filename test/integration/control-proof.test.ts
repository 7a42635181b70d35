import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import type { Profile } from '../../src/main/engine/config/paths.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { atEnd, checkedForLeaks, hello, makeServer, profileIn, Raw } from '../support/control-bench.ts';
import { keepingLog, type Logged } from '../support/kept-log.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** Engine and shell prove to each other that they can read the key in the state folder, as on Windows, here over a unix socket. */

checkedForLeaks();

const chosen = (): Profile => {
  const folder = tempFolder().path;
  return profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
};

async function proving(clock: FakeClock | typeof systemClock = systemClock) {
  const profile = chosen();
  const engine = new FakeEngine();
  const server = makeServer(profile, engine, clock, { mutualProof: true });
  await server.start();
  return { profile, server, keyFile: `${profile.stateFolder}/control.key` };
}

const connect = async (profile: Profile): Promise<ControlClient> => {
  const client = await ControlClient.connect(profile, { mutualProof: true });
  atEnd(() => client.dispose());
  return client;
};

/** Another program at the place of the engine: what it heard, and what it says to each line. */
async function impostor(profile: Profile, answers: readonly string[]): Promise<string[]> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let turn = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      const answer = answers[turn++];
      if (answer !== undefined) socket.write(`${answer}\n`);
    });
  });
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(profile.socketPath, resolve));
  return heard;
}

describe('an engine that proves itself', () => {
  it('answers shells that can read its key, and takes the key away at its end', async () => {
    const { profile, server, keyFile } = await proving();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(profile.stateFolder).mode & 0o777).toBe(0o700);
    const client = await connect(profile);
    expect(await client.call('prompts', {})).toEqual([]);
    const first = readFileSync(keyFile, 'utf8');
    server.dispose();
    expect(existsSync(keyFile)).toBe(false);
    await makeServer(profile, new FakeEngine(), systemClock, { mutualProof: true }).start();
    expect(readFileSync(keyFile, 'utf8')).not.toBe(first);
    await connect(profile);
  });

  it('tells its log of shells that are not let in, or turned away, once in a minute', async () => {
    const clock = new FakeClock();
    const logged: Logged[] = [];
    const profile = chosen();
    const log = keepingLog(logged);
    await makeServer(profile, new FakeEngine(), clock, { mutualProof: true, maxClients: 1, log }).start();
    const skipped = (part: string) =>
      logged.filter(({ message }) => message.includes(part)).map(({ fields }) => fields['skipped']);
    const knock = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        const raw = new Raw(profile.socketPath);
        await new Raw(profile.socketPath).ended();
        raw.send('x');
        await raw.ended();
        expect(raw.text).toContain('ended');
      }
    };
    await knock(10);
    await clock.advance(60_000);
    await knock(1);
    expect([skipped('not let in'), skipped('turned away')]).toEqual([
      [0, 9],
      [0, 9],
    ]);
  });

  it.each([
    ['a request', hello],
    ['a proof of another key', { prove: { id: 'a'.repeat(64), nonce: 'b'.repeat(64) } }],
    ['nonsense', 'x'],
  ])('says nothing to a shell that begins with %s', async (_, first) => {
    const { profile } = await proving();
    const raw = new Raw(profile.socketPath);
    raw.send(first);
    await raw.ended();
    expect(raw.text).toBe('{"ended":true}\n');
  });

  it('lets go of one that says nothing, too much, or no end', async () => {
    const clock = new FakeClock();
    const { profile } = await proving(clock);
    const [silent, long, twice] = [0, 1, 2].map(() => new Raw(profile.socketPath)) as [Raw, Raw, Raw];
    long.socket.write('x'.repeat(5000));
    twice.socket.write('{}\n{}\n{}\n');
    await Promise.all([long.ended(), twice.ended().catch(() => clock.advance(2000))]);
    await until(() => clock.pending > 0, { what: 'the silent one to have come' });
    await clock.advance(10_000);
    await silent.ended();
    expect([silent.text, long.text]).toEqual(['', '']);
  });
});

describe('a shell', () => {
  it.each([
    ['says it is proven', ['{"proven":true}', '{"id":1,"ok":true,"output":{}}']],
    ['answers as an engine', ['{"id":1,"ok":true,"output":{"version":"1","contract":1,"pid":1}}']],
    ['shows some proof', [JSON.stringify({ challenge: { nonce: 'a'.repeat(64), proof: 'b'.repeat(64) } })]],
    ['says what is no JSON', ['<html>']],
  ])("tells nothing to a program at the engine's place that %s", async (_, answers) => {
    const { profile, server, keyFile } = await proving();
    const key = readFileSync(keyFile, 'utf8');
    server.dispose();
    // As after a crash, when the key is left.
    writeFileSync(keyFile, key, { mode: 0o600 });
    const heard = await impostor(profile, answers);
    await expect(ControlClient.connect(profile, { mutualProof: true })).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('did not prove that it is one'),
    });
    expect(heard.join('')).toMatch(/^\{"prove":\{"id":"[0-9a-f]{64}","nonce":"[0-9a-f]{64}"\}\}\n$/);
  });

  it('says no word where there is no key', async () => {
    const profile = chosen();
    const heard = await impostor(profile, []);
    for (const key of [null, '', 'x', 'f'.repeat(1000)]) {
      if (key !== null) writeFileSync(`${profile.stateFolder}/control.key`, key, { mode: 0o600, flag: 'w' });
      else mkdirSync(profile.stateFolder, { mode: 0o700 });
      await expect(ControlClient.connect(profile, { mutualProof: true })).rejects.toMatchObject({
        code: 'no-engine',
        message: expect.stringContaining('left no key'),
      });
    }
    expect(heard).toEqual([]);
    rmSync(profile.stateFolder, { recursive: true });
  });

  it('gives up a program that says nothing, in time', async () => {
    const { profile, server, keyFile } = await proving();
    const key = readFileSync(keyFile, 'utf8');
    server.dispose();
    writeFileSync(keyFile, key, { mode: 0o600 });
    await impostor(profile, []);
    await expect(ControlClient.connect(profile, { mutualProof: true, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});

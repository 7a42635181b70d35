import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { atEnd, checkedForLeaks, client, hello, makeServer, profileIn, serving } from '../support/control-bench.ts';
import { itAsRoot } from '../support/root.ts';
import { tempFolder } from '../support/temp.ts';

/** Where the control socket lies and who may open it. */

checkedForLeaks();

describe.skipIf(process.platform === 'win32')('the socket and its folder', () => {
  it('are 0600 in 0700, and go away with the engine', async () => {
    const { profile, server } = await serving();
    expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(profile.socketPath)).mode & 0o777).toBe(0o700);
    server.dispose();
    expect(existsSync(profile.socketPath)).toBe(false);
  });

  it('are as closed under a umask that closes nothing', async () => {
    const before = process.umask(0);
    try {
      const folder = tempFolder().path;
      const profile = profileIn(folder, { socketPath: `${folder}/a/b/my.sock`, socketChosen: true });
      await makeServer(profile).start();
      expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
      const usual = profileIn(folder, { socketPath: `${folder}/c/d/control.sock` });
      await makeServer(usual).start();
      for (const each of ['c', 'c/d']) expect(statSync(`${folder}/${each}`).mode & 0o777).toBe(0o700);
      expect(statSync(usual.socketPath).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it('a stale socket is recovered, a live one is refused by file and pid', async () => {
    const { profile, server } = await serving();
    // Leaves a socket behind as kill -9 does.
    renameSync(profile.socketPath, `${profile.socketPath}.kept`);
    server.dispose();
    renameSync(`${profile.socketPath}.kept`, profile.socketPath);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({ code: 'no-engine' });

    const engine = new FakeEngine();
    await makeServer(profile, engine).start();
    await client(profile);
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'already-running',
      where: profile.configFile,
      message: expect.stringContaining(`pid ${process.pid}`),
    });
    expect(await (await client(profile)).call('prompts', {})).toEqual([]);
  });

  it('two starters at once: one serves, the other is refused', async () => {
    const profile = profileIn(tempFolder().path);
    const results = await Promise.allSettled([makeServer(profile).start(), makeServer(profile).start()]);
    expect(results.map((each) => each.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'already-running' });
    await client(profile);
  });

  it('what is no socket is left alone', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath), { mode: 0o700 });
    writeFileSync(profile.socketPath, 'precious');
    await expect(makeServer(profile).start()).rejects.toMatchObject({ code: 'config' });
    expect(statSync(profile.socketPath).size).toBe(8);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({ code: 'no-engine' });
  });

  it.each([
    ['writable by the group', (folder: string) => chmodSync(folder, 0o770)],
    ['writable by all', (folder: string) => chmodSync(folder, 0o1777)],
  ])('a folder %s is refused', async (_, spoil) => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath));
    spoil(dirname(profile.socketPath));
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`the folder ${dirname(profile.socketPath)} may be written by`),
    });
    expect(existsSync(profile.socketPath)).toBe(false);
  });

  it('a folder that others can only read is closed to them', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath));
    chmodSync(dirname(profile.socketPath), 0o755);
    await makeServer(profile).start();
    expect(statSync(dirname(profile.socketPath)).mode & 0o777).toBe(0o700);
  });

  it('a symlinked folder is refused, and nothing is made behind the link', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    mkdirSync(`${folder}/elsewhere`, { mode: 0o700 });
    symlinkSync(`${folder}/elsewhere`, `${folder}/run`);
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('link'),
    });
    expect(existsSync(`${folder}/elsewhere/control.sock`)).toBe(false);
  });

  it('a folder below one that everybody may write is refused', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    chmodSync(folder, 0o777);
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`the folder ${folder} may be written by everybody`),
    });
    expect(existsSync(dirname(profile.socketPath))).toBe(false);
  });

  it('a chosen socket may lie in a sticky folder, and is 0600 there too', async () => {
    const folder = tempFolder().path;
    chmodSync(folder, 0o1777);
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    await makeServer(profile).start();
    expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o7777).toBe(0o1777);
    await client(profile);
  });

  it.each(['770', '707', '777', '775'])(
    'a chosen socket may not lie in a folder of mode %s, on either side',
    async (octal) => {
      const mode = Number.parseInt(octal, 8);
      const folder = tempFolder().path;
      const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
      const server = makeServer(profile);
      chmodSync(folder, mode);
      const refusal = { code: 'config', message: expect.stringContaining(`run: chmod go-w ${folder}`) };
      await expect(server.start()).rejects.toMatchObject(refusal);
      expect(existsSync(profile.socketPath)).toBe(false);
      // An engine that began while the folder was safe, or one that somebody put there since: the client says no word to it.
      chmodSync(folder, 0o700);
      let heard = 0;
      const trap = createServer((socket) => {
        heard += 1;
        atEnd(() => void socket.destroy());
      });
      atEnd(() => void trap.close());
      await new Promise<void>((resolve) => trap.listen(profile.socketPath, resolve));
      chmodSync(folder, mode);
      await expect(ControlClient.connect(profile)).rejects.toMatchObject(refusal);
      chmodSync(folder, mode | 0o1000);
      await expect(ControlClient.connect(profile, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' });
      expect(heard).toBe(1);
    },
  );

  it('a client does not follow a folder of ours that was opened, or became a link, since', async () => {
    const { profile } = await serving();
    const folder = dirname(profile.socketPath);
    chmodSync(folder, 0o770);
    const refusal = { code: 'config', message: expect.stringContaining(`the folder ${folder} `) };
    await expect(ControlClient.connect(profile)).rejects.toMatchObject(refusal);
    chmodSync(folder, 0o700);
    renameSync(folder, `${folder}-moved`);
    symlinkSync(`${folder}-moved`, folder);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject(refusal);
    await expect(ControlClient.connect({ ...profile, socketPath: `${folder}-none/x.sock` })).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('there is no control socket'),
    });
  });

  /** What others could change on the way to a socket in a folder of ours, and the part of the refusal that names it. */
  const ways: readonly (readonly [string, (at: (...names: string[]) => string) => string, RegExp])[] = [
    [
      'a folder above that everybody may write',
      (at) => {
        chmodSync(at('above'), 0o777);
        return at('above', 'ours');
      },
      /the folder \S+\/above may be written by everybody; run: chmod go-w /,
    ],
    [
      'a link that lies in such a folder',
      (at) => {
        mkdirSync(at('open'));
        chmodSync(at('open'), 0o777);
        symlinkSync(at('above', 'ours'), at('open', 'link'));
        return at('open', 'link');
      },
      /the folder \S+\/open may be written by everybody/,
    ],
    [
      'a link to a link in such a folder',
      (at) => {
        mkdirSync(at('open'));
        symlinkSync(at('above', 'ours'), at('open', 'second'));
        symlinkSync('open/second', at('first'));
        chmodSync(at('open'), 0o757);
        return at('first');
      },
      /the folder \S+\/open may be written by everybody/,
    ],
  ];
  const waysOfOthers: typeof ways = [
    [
      'a folder above that belongs to a stranger',
      (at) => {
        chownSync(at('above'), 65534, 65534);
        return at('above', 'ours');
      },
      /the folder \S+\/above belongs to another user \(uid 65534\)/,
    ],
    [
      "a stranger's link",
      (at) => {
        symlinkSync(at('above', 'ours'), at('theirs'));
        lchownSync(at('theirs'), 65534, 65534);
        return at('theirs');
      },
      /the link \S+\/theirs belongs to another user/,
    ],
    [
      "a stranger's link in a folder for all",
      (at) => {
        mkdirSync(at('shared'));
        chmodSync(at('shared'), 0o1777);
        symlinkSync('../above/ours', at('shared', 'theirs'));
        lchownSync(at('shared', 'theirs'), 65534, 65534);
        return at('shared', 'theirs');
      },
      /the link \S+\/theirs belongs to another user/,
    ],
  ];

  function unsafeWay([what, spoil, says]: (typeof ways)[number], test: typeof itAsRoot): void {
    test(`no word is said over ${what}, and nothing made`, async () => {
      const top = tempFolder().path;
      const at = (...names: string[]): string => [top, ...names].join('/');
      mkdirSync(at('above', 'ours'), { recursive: true });
      let heard = 0;
      const trap = createServer((socket) => {
        heard += 1;
        atEnd(() => void socket.destroy());
      });
      atEnd(() => void trap.close());
      await new Promise<void>((resolve) => trap.listen(at('above', 'ours', 'live.sock'), resolve));
      const folder = spoil(at);
      const refusal = { code: 'config', message: expect.stringMatching(says), next: expect.stringContaining('own') };
      const live = profileIn(top, { socketPath: `${folder}/live.sock`, socketChosen: true });
      await expect(ControlClient.connect(live, { timeoutMs: 300 })).rejects.toMatchObject(refusal);
      expect(heard).toBe(0);
      for (const socketChosen of [true, false]) {
        const fresh = profileIn(top, { socketPath: `${folder}/run/fresh.sock`, socketChosen });
        await expect(makeServer(fresh).start()).rejects.toMatchObject(refusal);
        expect(existsSync(dirname(fresh.socketPath))).toBe(false);
      }
    });
  }
  for (const way of ways) unsafeWay(way, it);
  for (const way of waysOfOthers) unsafeWay(way, itAsRoot);

  it('links and folders that are ours alone lead to a socket, from a folder for all too', async () => {
    const top = tempFolder().path;
    mkdirSync(`${top}/real/ours`, { recursive: true });
    symlinkSync('real', `${top}/first`);
    chmodSync(top, 0o1777);
    const profile = profileIn(top, { socketPath: `${top}/first/../first/ours/my.sock`, socketChosen: true });
    await makeServer(profile).start();
    await client(profile);
    const usual = profileIn(top, { socketPath: `${top}/first/run/control.sock` });
    await makeServer(usual).start();
    await client(usual);
  });

  it('a socket that is replaced between the look at it and the connection gets no word', async () => {
    const { profile, server } = await serving();
    let heard = '';
    const stranger = createServer((socket) => {
      socket.on('data', (bytes) => (heard += String(bytes)));
      atEnd(() => void socket.destroy());
    });
    atEnd(() => void stranger.close());
    await new Promise<void>((resolve) => stranger.listen(`${dirname(profile.socketPath)}/other`, resolve));
    const connected = ControlClient.connect(profile, {
      timeoutMs: 300,
      open: (path) => {
        renameSync(`${dirname(profile.socketPath)}/other`, path);
        return connect(path);
      },
    });
    await expect(connected).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('was replaced just now'),
    });
    expect(heard).toBe('');
    server.dispose();
    expect(existsSync(profile.socketPath)).toBe(true);
  });

  it('a socket of ours that has this name from somebody else gets no word', async () => {
    const folder = tempFolder().path;
    mkdirSync(`${folder}/private`, { mode: 0o700 });
    let heard = 0;
    const forward = createServer((socket) => {
      heard += 1;
      atEnd(() => void socket.destroy());
    });
    atEnd(() => void forward.close());
    await new Promise<void>((resolve) => forward.listen(`${folder}/private/db.sock`, resolve));
    chmodSync(folder, 0o1777);
    linkSync(`${folder}/private/db.sock`, `${folder}/my.sock`);
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    await expect(ControlClient.connect(profile, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('another name'),
    });
    expect(heard).toBe(0);
  });

  it('a path that no socket can have is refused in plain words', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/${'x'.repeat(120)}.sock`, socketChosen: true });
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('bytes'),
    });
  });

  it('the longest path that a socket can have works', async () => {
    const folder = tempFolder().path;
    const longest = process.platform === 'linux' ? 107 : 103;
    const path = `${folder}/${'x'.repeat(longest - folder.length - 1)}`;
    const profile = profileIn(folder, { socketPath: path, socketChosen: true });
    await makeServer(profile).start();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await client(profile);
  });

  it('a folder with no room for the private one is refused: a socket bound in its place would be open to others for a moment', async () => {
    const folder = tempFolder().path;
    const longest = process.platform === 'linux' ? 107 : 103;
    for (const name of ['a', 'eleven-byte']) {
      const long = `${folder}/${'d'.repeat(longest - folder.length - name.length - 2)}`;
      mkdirSync(long);
      const profile = profileIn(folder, { socketPath: `${long}/${name}`, socketChosen: true });
      expect(profile.socketPath.length).toBe(longest);
      await expect(makeServer(profile).start()).rejects.toMatchObject({
        code: 'config',
        message: expect.stringMatching(/folder has \d+ bytes; .* takes 9\d\./),
        next: expect.stringContaining('HOLDFAST_SOCKET'),
      });
      expect(readdirSync(long)).toEqual([]);
    }
    // With a byte less for the folder and one more for the name there is room.
    const fits = `${folder}/${'d'.repeat(longest - folder.length - 14)}`;
    mkdirSync(fits);
    const profile = profileIn(folder, { socketPath: `${fits}/control.sock`, socketChosen: true });
    await makeServer(profile).start();
    expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
    await client(profile);
    expect(readdirSync(fits)).toEqual(['control.sock']);
  });

  itAsRoot('another user is kept out on both sides', async () => {
    const folder = tempFolder().path;
    chmodSync(folder, 0o755);
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    await makeServer(profile).start();
    // 65534 is nobody: it may reach the socket's folder, but not open the socket.
    const tried = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'nc', '-U', '-w', '1', profile.socketPath],
      { input: `${JSON.stringify(hello)}\n`, encoding: 'utf8', timeout: 10_000 },
    );
    expect(tried.status).not.toBe(0);
    expect(tried.stderr).toMatch(/denied/i);
    expect(tried.stdout).toBe('');
  });

  itAsRoot('a client does not trust a socket of another user', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    let heard = 0;
    const trap = createServer(() => (heard += 1));
    atEnd(() => void trap.close());
    await new Promise<void>((resolve) => trap.listen(profile.socketPath, resolve));
    spawnSync('chown', ['65534', profile.socketPath]);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('65534'),
    });
    expect(heard).toBe(0);
    // Nor does a server remove it.
    await expect(makeServer(profile).start()).rejects.toMatchObject({ code: 'config' });
    expect(existsSync(profile.socketPath)).toBe(true);
  });

  it('a socket that accepts and says nothing is an error in time', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/mute.sock`, socketChosen: true });
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    atEnd(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    await new Promise<void>((resolve) => mute.listen(profile.socketPath, resolve));
    await expect(ControlClient.connect(profile, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' });
  });
});

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../src/main/cli/command-table.ts';
import { calls, contractVersion } from '../../src/shared/contract/calls.ts';
import { maxRequestBytes } from '../../src/shared/contract/frames.ts';
import type { Holdfast } from '../support/holdfast.ts';
import { Running } from '../unit/cli/run-command.ts';
import {
  allRun,
  EchoClient,
  echo,
  endSceneAfterEach,
  hostTable,
  listenOf,
  own,
  socketOf,
  sshd,
  trusting,
  tunnelTable,
} from './scene.ts';

/** A thousand random command lines and a thousand random inputs at the socket, the same ones each time. */

endSceneAfterEach();

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));

/** Random numbers that are the same in each run (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

const oddWords = [
  '',
  ' ',
  '-',
  '--',
  '---',
  '-x',
  '--=',
  '--no-color=1',
  '=x',
  'a=b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '\u001b[31mred\u001b[0m',
  'line\nbreak',
  'tab\t',
  '\u202egnirts',
  '\u{1F600}',
  '\uD800',
  'ä'.repeat(300),
  'x'.repeat(20_000),
  '0',
  '-1',
  '1e9',
  '99999999999999999999',
  'NaN',
  '5s',
  '1.5m',
  'tunnels.db.park=1s',
  'tunnels..park=1',
  'hosts.box.port=0x10',
  'tunnels.new.forwards=["dynamic 0"]',
  'local 1 -> x:2',
  'dynamic 127.0.0.1:0',
  'SHA256:abc',
];
const knownWords = [
  'db',
  'away',
  'box',
  'work',
  'host',
  'tunnel',
  'set',
  'unset',
  'list',
  'find',
  'remove',
  'yes',
  'no',
  'once',
  'password',
  'passphrase',
  'create',
  'unlock',
  'lock',
  'bash',
  'zsh',
  'fish',
  'powershell',
  'p1',
  '1',
];

/** A command line: mostly a real command with fitting and unfitting words and options. */
function randomLine(dice: Dice, files: readonly string[]): string[] {
  const spec = dice.pick(commandTable.filter((each) => each.name !== 'serve'));
  const args = [dice.chance(15) ? dice.pick(oddWords) : spec.name];
  const options = [
    ...Object.entries(spec.options),
    ['json', { type: 'boolean' }] as const,
    ['no-color', { type: 'boolean' }] as const,
  ];
  for (let count = dice.below(5); count > 0; count -= 1) {
    const kind = dice.below(10);
    const word = dice.chance(2) ? dice.pick(knownWords) : dice.pick([...oddWords, ...files]);
    if (kind < 5) args.push(word);
    else if (kind < 9) {
      const [name, option] = dice.pick(options);
      if (option.type === 'boolean') args.push(dice.chance(6) ? `--${name}=${word}` : `--${name}`);
      else
        args.push(...(dice.chance(2) ? [`--${name}=${word}`] : dice.chance(8) ? [`--${name}`] : [`--${name}`, word]));
    } else args.push(...dice.pick([['--config', dice.pick(files)], ['--help'], ['--version'], ['-h'], [`--${word}`]]));
  }
  if (dice.chance(10)) args.reverse();
  // The word may have come to stand first.
  return args.includes('serve') ? ['status'] : args;
}

/** What must hold of whatever a command line did. */
function judge(line: readonly string[], ran: { code: number | null; stdout: string; stderr: string }): void {
  const what = `${JSON.stringify(line).slice(0, 400)}: ${JSON.stringify(ran).slice(0, 2000)}`;
  expect([0, 1, 2, 3, 4, 5], what).toContain(ran.code);
  const said = ran.stdout + ran.stderr;
  expect(said, what).not.toMatch(/\n\s+at .+:\d+:\d+/);
  expect(said, what).not.toMatch(
    /TypeError|RangeError|ReferenceError|is not a function|\[object Object\]|UnhandledPromise/,
  );
  expect(said, what).not.toMatch(/"code": ?"internal"|fault of Holdfast/);
  // What a person typed does not reach the terminal raw.
  // oxlint-disable-next-line no-control-regex
  if (!line.some((word) => word.startsWith('--color')))
    expect(said, what).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
  if (ran.code !== 0) expect(ran.stderr + ran.stdout, what).not.toBe('');
}

function memoryOf(hf: Holdfast): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${hf.pid}/status`, 'utf8'))?.[1]) * 1024;
}

async function scene(): Promise<{ hf: Holdfast; healthy: () => Promise<void> }> {
  const [server, stranger, target] = [await sshd(), await sshd({ freshHostKeys: true }), await echo()];
  const hf = await trusting(
    server,
    `${tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`)}group = "work"\n` +
      hostTable('away', stranger) +
      tunnelTable('asking', 'away', 'login', 'dynamic 127.0.0.1:0'),
  );
  const config = readFileSync(hf.configFile, 'utf8');
  Object.assign(hf.env, { HOLDFAST_CONFIG: hf.configFile, EDITOR: 'true', VISUAL: 'true' });
  await hf.serve();
  await allRun(hf, ['db']);
  await hf.prompted(() => true);
  const healthy = async (): Promise<void> => {
    await hf.configure(config);
    // Whatever was asked for, it can be asked for again.
    expect((await hf.run(['up', 'db', '--wait'])).code).toBe(0);
    await (await EchoClient.open(await listenOf(hf, 'db'))).exchange('alive\n');
    expect(hf.errors).toBe('');
  };
  return { hf, healthy };
}

describe('a thousand random command lines', () => {
  it('end with a code of 0 to 5 and without a stack trace, and the engine lives on', async () => {
    const { hf, healthy } = await scene();
    const playground = join(hf.home, 'playground');
    mkdirSync(playground);
    const startFolder = process.cwd();
    process.chdir(playground);
    own({ dispose: () => process.chdir(startFolder) });
    const files = [
      'broken.toml',
      'empty.toml',
      'new.toml',
      '.',
      '/dev/null',
      '/dev/full',
      '/proc/self/mem',
      hf.configFile,
    ];
    writeFileSync('broken.toml', '[hosts.\0');
    writeFileSync('empty.toml', '');
    const dice = new Dice(11);
    const memory = memoryOf(hf);
    for (let round = 0; round < 950; round += 10) {
      const lines = Array.from({ length: 10 }, () => randomLine(dice, files));
      await Promise.all(
        lines.map(async (line) => {
          const running = new Running(line, {
            env: hf.env,
            input: dice.pick(['', 'secret\n', 'a\nb\nc\n', '\0\n', 'x'.repeat(100_000)]),
          });
          // Those that follow something end when they are told to.
          const nudge = setInterval(() => running.interrupt(), 300);
          try {
            const code = await running.ended;
            judge(line, { code, stdout: running.stdout, stderr: running.stderr });
          } finally {
            clearInterval(nudge);
          }
        }),
      );
    }
    expect(memoryOf(hf) - memory).toBeLessThan(150 * 1024 * 1024);
    await healthy();
    for (let round = 0; round < 50; round += 5) {
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          // A NUL cannot be in an argument of a process.
          const line = randomLine(dice, files).map((word) => word.replaceAll('\0', ''));
          judge(line, await runProcess(hf, line, playground));
        }),
      );
    }
    await healthy();
  });
});

function runProcess(hf: Holdfast, line: readonly string[], cwd: string) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...line], { env: hf.env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const nudge = setInterval(() => child.kill('SIGINT'), 3000);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(nudge);
      resolve({ code, stdout, stderr });
    });
  });
}

const callNames = Object.keys(calls).filter((name) => name !== 'shutdown');
const hello = { id: 0, call: 'hello', input: { client: 'random', contract: contractVersion } };

/** Fitting input of a call, as far as one can fit without knowing the call. */
function fittingInput(dice: Dice): Record<string, unknown> {
  return {
    names: dice.pick([[], ['db'], ['nope']]),
    all: dice.chance(2),
    tunnel: dice.pick([null, 'db', 'nope']),
    spec: 'dynamic 0',
    enabled: true,
    id: dice.pick(['p1', '1', '']),
    answer: dice.pick([{ kind: 'cancel' }, { kind: 'values', values: ['x'], remember: false }]),
    limit: 5,
    lines: 5,
    host: 'box',
    kind: 'password',
    value: 'x',
    passphrase: 'x',
    create: false,
    reason: 'person',
    tunnels: true,
    prompts: true,
    log: dice.chance(2),
    logTunnel: null,
    client: 'x',
    contract: contractVersion,
  };
}

function oddValue(dice: Dice): unknown {
  return dice.pick<unknown>([
    null,
    true,
    -1,
    1e308,
    0.5,
    2 ** 53,
    '',
    '\0',
    '__proto__',
    'x'.repeat(10_000),
    [],
    {},
    [[[]]],
    { length: -1 },
    { constructor: 1 },
    Array.from({ length: 20_000 }, () => 'db'),
    '\u001b[2J\uD800',
  ]);
}

/** What a client sends on one connection. */
function randomInput(dice: Dice): Buffer {
  const greeting = `${JSON.stringify(hello)}\n`;
  const frame = (): Record<string, unknown> => ({
    id: dice.below(100),
    call: dice.pick(callNames),
    input: fittingInput(dice),
  });
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
  switch (dice.below(10)) {
    case 0:
      return dice.bytes(dice.below(3000));
    case 1:
      return Buffer.concat([Buffer.from(greeting), dice.bytes(dice.below(3000))]);
    case 2: {
      const text = greeting + line(frame());
      return Buffer.from(text.slice(0, dice.below(text.length)));
    }
    case 3:
      return Buffer.from(
        (dice.chance(2) ? greeting : '') +
          dice.pick(['{"id":1,"call":"', '[', '{"a":', ' ', '\\']).repeat(dice.below(60_000)) +
          (dice.chance(2) ? '\n' : ''),
      );
    case 4:
      return Buffer.from(
        greeting + 'x'.repeat(maxRequestBytes - 2 + dice.below(5)) + dice.pick(['', '\n', line(frame())]),
      );
    case 5:
      return Buffer.from(
        greeting +
          dice
            .pick(['\n', '\r\n', 'null\n', '[]\n', '1e999\n', '"x"\n', '{}\n', '{"__proto__":{"id":1}}\n'])
            .repeat(1 + dice.below(50)),
      );
    case 6:
    case 7: {
      // One field of a good frame, or of its input, is another thing.
      const mutated = frame();
      const holder = dice.chance(2) ? mutated : (mutated['input'] as Record<string, unknown>);
      const key = dice.pick(Object.keys(holder));
      if (dice.chance(4)) delete holder[key];
      else holder[key] = oddValue(dice);
      return Buffer.from(greeting + line(mutated) + line(frame()));
    }
    case 8: {
      // Bytes of a good frame are others.
      const good = Buffer.from(greeting + line(frame()));
      for (let count = 1 + dice.below(4); count > 0; count -= 1) good[dice.below(good.length)] = dice.below(256);
      return good;
    }
    default:
      return Buffer.from(greeting + Array.from({ length: dice.below(60) }, () => line(frame())).join(''));
  }
}

/** Sends it, ends its side, and gives all that came back once the engine has closed. */
function send(path: string, input: Buffer, abrupt: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let got = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text;
    });
    socket.setTimeout(30_000, () => socket.destroy(new Error('the engine neither answered nor closed')));
    // A reset is a fine answer to nonsense.
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === undefined ? reject(error) : undefined));
    socket.on('close', () => resolve(got));
    if (abrupt) socket.write(input, () => socket.destroy());
    else socket.end(input);
  });
}

describe('a thousand random inputs at the socket', () => {
  it('are answered in the contract or sent away, and the engine lives on', async () => {
    const { hf, healthy } = await scene();
    const path = socketOf(hf);
    const dice = new Dice(4_242);
    const memory = memoryOf(hf);
    let answers = 0;
    for (let round = 0; round < 1000; round += 25) {
      const sent = Array.from({ length: 25 }, () => ({ input: randomInput(dice), abrupt: dice.chance(8) }));
      const came = await Promise.all(sent.map(({ input, abrupt }) => send(path, input, abrupt)));
      for (const [index, text] of came.entries()) {
        const lines = text.split('\n');
        // Only the last line can be cut off, by our own abrupt end.
        if (!sent[index]?.abrupt) expect(lines.at(-1)).toBe('');
        for (const line of lines.slice(0, -1)) {
          const frame = JSON.parse(line) as {
            ok?: boolean;
            event?: unknown;
            error?: { code: string; message: string };
          };
          answers += 1;
          expect('ok' in frame || 'event' in frame).toBe(true);
          expect(frame.error?.code, `${line} to ${sent[index]?.input.toString('latin1').slice(-500)}`).not.toBe(
            'internal',
          );
          expect(line).not.toMatch(/\\n\s+at /);
        }
      }
    }
    expect(answers).toBeGreaterThan(1000);
    expect(memoryOf(hf) - memory).toBeLessThan(150 * 1024 * 1024);
    await healthy();
  });
});

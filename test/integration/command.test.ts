import { contractVersion } from '../../src/shared/contract/calls.ts';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Environment, resolveProfile } from '../../src/main/engine/config/paths.ts';
import { ControlServer } from '../../src/main/engine/control/control-server.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { codePrompt, FakeEngine, hostKeyPrompt } from '../support/fake-engine.ts';
import { needProgram } from '../support/processes.ts';
import { makeTempFolder } from '../support/temp.ts';
import { onTerminal } from '../support/terminal.ts';

/** The built command in processes of its own, on pipes and on real terminals, against a fake engine in this process. */

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

interface Desk {
  readonly engine: FakeEngine;
  readonly env: Environment;
  readonly folder: string;
}

async function desk(): Promise<Desk> {
  const temp = makeTempFolder();
  cleanUps.push(() => temp.dispose());
  const folder = temp.path;
  symlinkSync(command, `${folder}/holdfast`);
  const env: Environment = {
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: folder,
    HOLDFAST_CONFIG: `${folder}/config.toml`,
    HOLDFAST_SOCKET: `${folder}/s`,
    XDG_STATE_HOME: `${folder}/state`,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
  };
  writeFileSync(
    `${folder}/config.toml`,
    '[hosts.box]\naddress = "a"\n[tunnels.db]\nhost = "box"\ngroup = "dabwork"\nforwards = ["dynamic 1080"]\n',
    { mode: 0o600 },
  );
  const engine = new FakeEngine();
  const server = new ControlServer({
    api: engine.api,
    events: engine.events.event,
    profile: resolveProfile(null, env),
    log: silentLog,
    clock: systemClock,
  });
  cleanUps.push(() => server.dispose());
  await server.start();
  return { engine, env, folder };
}

function run(
  { env }: Desk,
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A line of shell with `holdfast` on its path; the fake engine lives in this process, so it must not block. */
function shell(program: string, { env }: Desk, script: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-c', script], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('the command as a process', () => {
  it('gives its exit codes and writes all of a long answer', async () => {
    const at = await desk();
    for (let index = 0; index < 3000; index += 1) at.engine.addTunnel(`tunnel-${index}`, { forwards: [] });
    const ran = await run(at, ['status', '--json']);
    expect(ran.code).toBe(0);
    expect((JSON.parse(ran.stdout) as unknown[]).length).toBe(3000);
    expect((await run(at, ['status', 'nope'])).code).toBe(4);
    expect((await run(at, ['frobnicate'])).code).toBe(2);
    expect((await run(at, [])).code).toBe(2);
    expect((await run({ ...at, env: { ...at.env, HOLDFAST_SOCKET: `${at.folder}/none` } }, ['status'])).code).toBe(3);
    expect((await run(at, ['version'])).stdout).toMatch(/^holdfast \d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await run(at, ['version', '--json'])).stdout)).toMatchObject({
      contract: contractVersion,
      node: process.version,
    });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const at = await desk();
    for (let index = 0; index < 3000; index += 1) at.engine.addTunnel(`tunnel-${index}`);
    const ran = await shell('bash', at, 'holdfast status | head -1; echo "${PIPESTATUS[0]}"');
    expect(ran.output).toMatch(/^tunnel-0 .*\n0\n$/);
  });

  it('takes an answer from standard input though the input stays open', async () => {
    const at = await desk();
    at.engine.prompts.set('2', codePrompt('2', ['db']));
    const child = spawn(process.execPath, [command, 'answer', '2'], {
      env: { ...at.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.resume();
    child.stdin.write('4711\n');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
    expect(at.engine.inputsOf('answer')).toMatchObject([{ answer: { values: ['4711'] } }]);
  });

  it('needs no package to start: what is slow to load is loaded when it is used', async () => {
    const at = await desk();
    const alone = `${at.folder}/alone`;
    mkdirSync(alone);
    const built = dirname(command);
    for (const file of readdirSync(built))
      if (file.endsWith('.js')) copyFileSync(`${built}/${file}`, `${alone}/${file}`);
    writeFileSync(`${alone}/package.json`, '{"type":"module"}');
    at.engine.addTunnel('db');
    for (const args of [['version'], ['status'], ['check'], ['list']]) {
      const child = spawn(process.execPath, [`${alone}/cli.js`, ...args], {
        env: { ...at.env },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      expect(await new Promise((resolve) => child.once('exit', resolve)), args.join(' ')).toBe(0);
    }
  });

  it('never ends with another code than its own, whatever the arguments', async () => {
    const at = await desk();
    at.engine.addTunnel('db');
    const words = [
      'status',
      'up',
      'down',
      'answer',
      'logs',
      'prompts',
      'events',
      'secret',
      'known-hosts',
      'add',
      'remove',
      'check',
      'help',
      'show',
      'list',
      'stats',
      'vault',
      'completion',
    ];
    const argument = fc.oneof(
      fc.constantFrom(
        ...words,
        'db',
        'nope',
        '--json',
        '--all',
        '--wait',
        '--timeout',
        '1ms',
        '-n',
        '-1',
        '--',
        '-',
        '--config',
        '--no-color',
        'yes',
        '1',
      ),
      fc.string({ maxLength: 30 }).filter((text) => !text.includes('\0')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { maxLength: 5 }), async (args) => {
        // Some of them run on until they are told to end, or open an editor.
        fc.pre(!args.some((arg) => /^(?:serve|edit)$|^--?(?:f|w|follow|watch)/.test(arg) || /^-\w*[fw]/.test(arg)));
        const ran = await run(at, args);
        expect(ran.signal).toBeNull();
        expect([0, 1, 2, 3, 4, 5]).toContain(ran.code);
        expect(ran.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
        expect(ran.stdout + ran.stderr).not.toContain('\u001b');
      }),
      { numRuns: 60, timeout: 20_000 },
    );
  }, 180_000);
});

describe('on a real terminal', () => {
  const program = [process.execPath, command];

  it('up --wait asks for the host key, then for a hidden code', async () => {
    const at = await desk();
    const { engine } = at;
    engine.addTunnel('db');
    engine.onUp = () => {
      engine.openPrompt(hostKeyPrompt('1', ['db']));
      engine.change('db', { kind: 'interactive', promptId: '1' });
    };
    engine.onAnswer = (prompt) => {
      if (prompt.id === '1') engine.openPrompt(codePrompt('2', ['db']));
      else engine.change('db', { kind: 'running', sinceMs: 0, degraded: null });
    };
    const ran = await onTerminal([...program, 'up', 'db', '--wait'], at.env, [
      { see: String.raw`SHA256:[\s\S]*fingerprint you were given\) `, type: 'yes\r' },
      { see: 'Passcode: ', type: '471147\r' },
      { see: 'db is up' },
    ]);
    expect(ran.code).toBe(0);
    expect(ran.screen).not.toContain('471147');
    expect(engine.inputsOf('answer')).toMatchObject([{ answer: { kind: 'yes' } }, { answer: { values: ['471147'] } }]);
  });

  it('Ctrl-C at a question leaves it open and gives 5', async () => {
    const at = await desk();
    at.engine.prompts.set('2', codePrompt('2', ['db']));
    const ran = await onTerminal([...program, 'answer', '2'], at.env, [{ see: 'Passcode: ', type: '12\u0003' }]);
    expect(ran.code).toBe(5);
    expect(ran.screen).toContain('stays open');
    expect(at.engine.prompts.has('2')).toBe(true);
  });

  it('status --watch takes the screen and gives it back, on q and on Ctrl-C', async () => {
    const at = await desk();
    at.engine.addTunnel('db');
    for (const key of ['q', '\u0003']) {
      const ran = await onTerminal([...program, 'status', '--watch'], at.env, [{ see: 'STOPPED', type: key }]);
      expect(ran.code).toBe(0);
      expect(ran.screen).toMatch(/\u001b\[\?1049h[\s\S]*\u001b\[\?25h\u001b\[\?1049l$/);
    }
  });
});

describe('completion', () => {
  it('bash completes commands, words, options and names as one types', async () => {
    const at = await desk();
    const ask = (line: string) =>
      `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _holdfast; echo "\${COMPREPLY[*]}"; `;
    const ran = await shell(
      'bash',
      at,
      `source <(holdfast completion bash); ${ask('holdfast kno')}${ask('holdfast show d')}${ask('holdfast secret ""')}${ask('holdfast up --wa')}${ask('holdfast add tunnel x --host ""')}${ask(`holdfast --config ${at.folder}/none up d`)}`,
    );
    expect(ran.output.split('\n')).toEqual([
      'known-hosts',
      'db dabwork',
      'set list remove lock box',
      '--wait',
      'box',
      '',
      '',
    ]);
    const typed = await onTerminal(['bash', '--norc', '-i'], { ...at.env, PS1: '> ' }, [
      { see: '> ', type: 'source <(holdfast completion bash); echo re""ady\r' },
      { see: 'ready', type: 'holdfast prom\t\r' },
      { see: String.raw`prompts \r\n[\s\S]*No question is open`, type: 'exit\r' },
    ]);
    expect(typed.code).toBe(0);
  });

  it('zsh does', async () => {
    const at = await desk();
    const ran = await onTerminal([needProgram('zsh', 'zsh'), '-f', '-i'], { ...at.env, PS1: '> ' }, [
      {
        see: '> ',
        type: `autoload -U compinit; compinit -u -d ${at.folder}/dump; source <(holdfast completion zsh); echo re""ady\r`,
      },
      { see: 'ready', type: 'holdfast prom\t\r' },
      { see: 'No question is open', type: 'holdfast show db\t\r' },
      { see: 'db', type: 'exit\r' },
    ]);
    expect(ran.code).toBe(0);
  });

  it('fish does', async () => {
    const at = await desk();
    const ran = await shell(
      needProgram('fish', 'fish'),
      at,
      'holdfast completion fish | source; complete -C "holdfast kno"; complete -C "holdfast show d"; complete -C "holdfast secret "; complete -C "holdfast up --wa"',
    );
    expect(ran.output).toMatch(/^known-hosts\t/);
    expect(ran.output).toMatch(/\ndb\n|\ndabwork\n/);
    expect(ran.output).toContain('\nbox\n');
    expect(ran.output).toContain('--wait\t');
  });
});

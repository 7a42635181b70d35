import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { endServer, needProgram, run, startServer } from './processes.ts';
import { makeTempFolder } from './temp.ts';
import { until } from './until.ts';

/** What a finished program said. */
export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunProgramOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed after so long; 20 s unless told. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end without blocking this process (a server of the same test may have to answer). */
export function runProgram(
  path: string,
  args: readonly string[],
  options: RunProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 20_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    // A program that ends without reading its input is no fault of the test.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Options that keep the system's and the person's configuration out of a test. */
export const plainSshOptions: readonly string[] = [
  '-F',
  'none',
  '-o',
  'BatchMode=yes',
  '-o',
  'IdentitiesOnly=yes',
  '-o',
  'UserKnownHostsFile=/dev/null',
  '-o',
  'GlobalKnownHostsFile=/dev/null',
  '-o',
  'StrictHostKeyChecking=no',
];

/** Runs the real ssh; without other options it reads no configuration, asks nothing and accepts any host key (tests only). */
export function runSsh(args: readonly string[], options: RunProgramOptions = {}): Promise<ProgramResult> {
  return runProgram(needProgram('ssh', 'openssh-client'), [...plainSshOptions, ...args], options);
}

/**
 * Runs the real ssh at a terminal of its own (script(1)) and answers its questions: each answer is typed when its pattern shows.
 * Returns everything that was on the terminal.
 */
export function runSshWithAnswers(
  args: readonly string[],
  ...answers: readonly (readonly [RegExp, string])[]
): Promise<string> {
  const ssh = needProgram('ssh', 'openssh-client');
  const options = plainSshOptions
    .filter((option) => option !== 'BatchMode=yes')
    .join(' ')
    .replaceAll('-o -o', '-o');
  const quoted = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(needProgram('script', 'bsdutils'), ['-qec', `${ssh} ${options} ${quoted}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    let said = '';
    let seen = 0;
    const queue = [...answers];
    const onText = (chunk: string): void => {
      said += chunk;
      const next = queue[0];
      if (next === undefined || !next[0].test(said.slice(seen))) return;
      seen = said.length;
      queue.shift();
      child.stdin.write(`${next[1]}\n`);
    };
    child.stdout.setEncoding('utf8').on('data', onText);
    child.stderr.setEncoding('utf8').on('data', onText);
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', () => resolve(said));
  });
}

/** Runs the real ssh-keygen; any exit status is returned. */
export function runSshKeygen(args: readonly string[], options: RunProgramOptions = {}): Promise<ProgramResult> {
  return runProgram(needProgram('ssh-keygen', 'openssh-client'), args, options);
}

/** A real ssh-agent with a socket of its own. */
export interface TestAgent {
  readonly socket: string;
  /** Adds private key files (without passphrase). */
  add(...files: string[]): void;
  /** Removes all keys. */
  clear(): void;
  /** Public lines of the keys it holds. */
  list(): string[];
  stop(): Promise<void>;
}

/** Starts an ssh-agent; resolves when it answers. */
export async function startAgent(): Promise<TestAgent> {
  const folder = makeTempFolder('holdfast-agent-');
  const socket = folder.file('agent.sock');
  const server = startServer(needProgram('ssh-agent', 'openssh-client'), ['-D', '-a', socket]);
  const sshAdd = needProgram('ssh-add', 'openssh-client');
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  try {
    await until(async () => (await runProgram(sshAdd, ['-l'], { env })).status !== 2, {
      what: 'ssh-agent to answer',
      seen: server.log,
    });
  } catch (error) {
    await endServer(server, 'SIGKILL');
    folder.dispose();
    throw error;
  }
  return {
    socket,
    add: (...files) => void run(sshAdd, ['-q', ...files], { env }),
    clear: () => void run(sshAdd, ['-q', '-D'], { env }),
    list: () => run(sshAdd, ['-L'], { env }).trim().split('\n'),
    async stop() {
      await endServer(server, 'SIGTERM');
      folder.dispose();
    },
  };
}

export interface CertificateOptions {
  /** Private key file of the CA. */
  readonly caKey: string;
  /** Private or public key file to certify. */
  readonly key: string;
  /** Users (or host names with `host`). */
  readonly principals: readonly string[];
  /** A host certificate instead of a user's. */
  readonly host?: boolean;
  /** ssh-keygen -V; default: for ever. */
  readonly validity?: string;
}

/** Makes `<key>-cert.pub` with the real ssh-keygen and returns its line. */
export function makeCertificate(options: CertificateOptions): string {
  const key = options.key.replace(/\.pub$/, '');
  run(needProgram('ssh-keygen', 'openssh-client'), [
    '-q',
    '-s',
    options.caKey,
    '-I',
    'holdfast-test',
    ...(options.host === true ? ['-h'] : []),
    '-n',
    options.principals.join(','),
    '-V',
    options.validity ?? 'always:forever',
    `${key}.pub`,
  ]);
  return readFileSync(`${key}-cert.pub`, 'utf8').trim();
}

import { spawn } from 'node:child_process';

/** One step at a terminal: waits until the screen shows `see` (a Python regular expression, from where the last step ended), then types. */
export interface TerminalStep {
  readonly see: string;
  readonly type?: string;
  /** A file that is made when it is seen, for who waits outside. */
  readonly touch?: string;
}

export interface TerminalRun {
  readonly code: number;
  /** Everything the terminal got, as it came. */
  readonly screen: string;
}

/** Runs a program on a real pseudo-terminal (made by python3's pty), following the steps; rejects when a step does not come within 15 s. */
const driver = `
import json, os, pty, re, select, sys, time
job = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvpe(job['argv'][0], job['argv'], job['env'])
screen = b''
def pump(timeout):
    global screen
    ready, _, _ = select.select([fd], [], [], timeout)
    if not ready:
        return True
    try:
        data = os.read(fd, 65536)
    except OSError:
        return False
    screen += data
    return bool(data)
start = 0
for step in job['steps']:
    end = time.monotonic() + 15
    while True:
        found = re.search(step['see'].encode(), screen[start:])
        if found:
            start += found.end()
            break
        if time.monotonic() > end or not pump(0.05):
            sys.stdout.buffer.write(screen)
            sys.stderr.write('did not see ' + step['see'])
            sys.exit(99)
    if step.get('touch'):
        open(step['touch'], 'w').close()
    if step.get('type'):
        os.write(fd, step['type'].encode())
end = time.monotonic() + 15
while time.monotonic() < end and pump(0.1):
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        while pump(0.05) and select.select([fd], [], [], 0)[0]: pass
        break
else:
    done, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(screen)
sys.exit(os.waitstatus_to_exitcode(status) & 0xff)
`;

export function onTerminal(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  steps: readonly TerminalStep[],
): Promise<TerminalRun> {
  const clean = Object.fromEntries(Object.entries(env).filter((entry) => entry[1] !== undefined));
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', driver, JSON.stringify({ argv, env: clean, steps })], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [screen, complaint] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 99) reject(new Error(`${complaint}; the screen: ${JSON.stringify(screen)}`));
      else resolve({ code: code ?? -1, screen });
    });
  });
}

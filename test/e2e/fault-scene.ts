import { readdirSync, readFileSync } from 'node:fs';
import type { HistoryEvent, LogLine } from '../../src/shared/contract/calls.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { own, portOf, runClient, type TunnelRig } from '../support/tunnel-rig.ts';
import { serveEcho } from '../support/echo-servers.ts';

/** What the tests of faults share: what a person reads of a fault, and what it costs the engine. */

export async function sshd(options: Parameters<typeof startSshd>[0] = {}): Promise<TestSshd> {
  return own(await startSshd(options));
}

/** `local` from a free port to an echo. */
export async function toEcho(): Promise<string> {
  return `local 127.0.0.1:0 -> 127.0.0.1:${own(await serveEcho()).port}`;
}

/** The tunnel's rows of `holdfast events --json`, oldest first. */
export async function happenings(rig: TunnelRig, tunnel: string): Promise<readonly HistoryEvent[]> {
  const ran = await rig.holdfast.run(['events', tunnel, '--json', '--lines', '1000']);
  if (ran.code !== 0) throw new Error(`events ended with ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as HistoryEvent[];
}

export function named(rows: readonly HistoryEvent[], what: string): readonly HistoryEvent[] {
  return rows.filter((row) => row.what === what);
}

/** The tunnel's lines of `holdfast logs --json`, oldest first. */
export async function logLines(rig: TunnelRig, tunnel: string): Promise<readonly LogLine[]> {
  const ran = await rig.holdfast.run(['logs', tunnel, '--json', '--lines', '10000']);
  if (ran.code !== 0) throw new Error(`logs ended with ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as LogLine[];
}

/** The log's transitions into `to`. */
export function into(lines: readonly LogLine[], to: string): readonly LogLine[] {
  return lines.filter((line) => line.fields['to'] === to);
}

/** Milliseconds from the first transition into RETRYING to the next try. */
export function firstWaitMs(lines: readonly LogLine[]): number {
  const lost = lines.findIndex((line) => line.fields['to'] === 'retrying');
  const next = lines.slice(lost).find((line) => line.fields['to'] === 'starting');
  return (next?.atMs ?? Number.NaN) - (lines[lost]?.atMs ?? Number.NaN);
}

// Node's own client takes a reset that comes right behind data for an end of file; a plain recv loop tells them apart.
const client = `
import hashlib, socket, sys, threading
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.settimeout(30)
sent = b''.join(b'%08d' % i for i in range(int(sys.argv[2]) // 8))
def send():
    try:
        s.sendall(sent)
    except OSError:
        pass
if sent:
    threading.Thread(target=send, daemon=True).start()
got = bytearray()
end = 'eof'
try:
    while True:
        d = s.recv(65536)
        if not d: break
        got += d
except ConnectionResetError:
    end = 'reset'
print(end, len(got), hashlib.sha256(got).hexdigest(), sent.startswith(got))
`;

export interface Transfer {
  readonly end: 'eof' | 'reset';
  /** What came back. */
  readonly bytes: number;
  readonly sha256: string;
  /** What came back is the beginning of what was sent. */
  readonly isEcho: boolean;
}

/** Sends `bytes` (without an end of file) and reads to the end, as a plain program does. */
export async function transfer(address: string, bytes = 0): Promise<Transfer> {
  const { stdout, stderr } = await runClient('python3', ['-c', client, String(portOf(address)), String(bytes)]);
  const found = /^(eof|reset) (\d+) ([0-9a-f]+) (True|False)\s*$/.exec(stdout.toString());
  if (!found) throw new Error(`the client said: ${stdout.toString()}${stderr}`);
  return {
    end: found[1] as 'eof' | 'reset',
    bytes: Number(found[2]),
    sha256: found[3] ?? '',
    isEcho: found[4] === 'True',
  };
}

/** File descriptors that the engine holds. */
export function descriptors(rig: TunnelRig): number {
  return readdirSync(`/proc/${rig.holdfast.pid ?? 0}/fd`).length;
}

/** Milliseconds of CPU that the engine has used. */
export function cpuMs(rig: TunnelRig): number {
  const stat = readFileSync(`/proc/${rig.holdfast.pid ?? 0}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // proc(5): utime and stime, in ticks of 10 ms
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

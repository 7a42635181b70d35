import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BindFailure, tcpBindError } from '../../../src/main/engine/forward/bind-errors.ts';
import { findClientPrograms } from '../../../src/main/engine/forward/client-programs.ts';
import {
  findPortHolder,
  listeningInodes,
  parseLsof,
  parseNetstat,
  parseTasklist,
} from '../../../src/main/engine/forward/port-holder.ts';
import { tempFolder } from '../../support/temp.ts';

const context = { where: 'local 443 -> db:443', addresses: ['127.0.0.1'], lastPort: 0 };

describe('bind errors', () => {
  it('a port below 1024 without the right names one above', async () => {
    const error = await tcpBindError(
      new BindFailure('EACCES', { address: '127.0.0.1', port: 443 }, null, null),
      context,
      'linux',
    );
    expect(error).toMatchObject({ code: 'port-forbidden', retry: 'person' });
    expect(error.next).toContain('8443');
  });

  it('EACCES on Windows is a reserved range', async () => {
    const error = await tcpBindError(
      new BindFailure('EACCES', { address: '127.0.0.1', port: 50_000 }, null, null),
      context,
      'win32',
    );
    expect(error.code).toBe('port-forbidden');
    expect(error.next).toContain('excludedportrange');
  });

  it('anything else names the code and is tried again', async () => {
    const error = await tcpBindError(
      new BindFailure('EMFILE', { address: '127.0.0.1', port: 50_000 }, null, null),
      context,
    );
    expect(error).toMatchObject({ code: 'bind-failed', retry: 'auto' });
    expect(error.message).toContain('EMFILE');
  });
});

describe('who holds a port, from each system', () => {
  it('/proc/net/tcp and tcp6', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123456 1 0000000000000000 100 0 0 10 0',
      '   1: 0100007F:1538 0100007F:D3A2 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0000000000000000 20 4 30 10 -1',
      '   2: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0',
      'garbage',
      '',
    ].join('\n');
    expect(listeningInodes(table, 5432)).toEqual(['123456', '99']);
    expect(listeningInodes(table, 5433)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'a program that chose a name that hides or reorders text is told cleaned',
    async () => {
      const folder = tempFolder();
      const program = folder.file('a\u202eb\u3164');
      symlinkSync(process.execPath, program);
      const child = spawn(program, [
        '-e',
        `const s = require('node:net').createServer().listen(0, '127.0.0.1', () => {
        const c = require('node:net').connect(s.address().port, '127.0.0.1', () => console.log(s.address().port, c.localPort));
      });`,
      ]);
      try {
        const [said] = (await once(child.stdout, 'data')) as [Buffer];
        const [listening = 0, connected = 0] = said.toString().split(' ').map(Number);
        const holder = { pid: child.pid, program: 'a\\u{202e}b\\u{3164}' };
        expect(await findPortHolder(listening)).toEqual(holder);
        expect(await findClientPrograms(new Set([connected]))).toEqual(new Map([[connected, holder]]));
        const busy = new BindFailure('EADDRINUSE', { address: '127.0.0.1', port: listening }, null, null);
        expect((await tcpBindError(busy, context)).message).toContain(holder.program);
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  );

  it('lsof', () => {
    expect(parseLsof('p1182\ncpostgres\nf5\n')).toEqual({ pid: 1182, program: 'postgres' });
    expect(parseLsof('p1182\nca\u202eb\n')?.program).toBe('a\\u{202e}b');
    expect(parseLsof('')).toBe(null);
    expect(parseLsof('lsof: bad\n')).toBe(null);
  });

  it('netstat and tasklist, also in German', () => {
    const text =
      '\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse  Remoteadresse  Status  PID\r\n  TCP    127.0.0.1:5432  0.0.0.0:0  ABHÖREN  1182\r\n  TCP    127.0.0.1:5433  10.0.0.1:99  HERGESTELLT  7\r\n  TCP    [::1]:5434   [::]:0   LISTENING   9\r\n';
    expect([5432, 5433, 5434, 432].map((port) => parseNetstat(text, port))).toEqual([1182, null, 9, null]);
    expect(parseTasklist('"postgres.exe","1182","Services","0","12.345 K"\r\n')).toBe('postgres.exe');
    expect(parseTasklist('INFO: No tasks are running which match the specified criteria.\r\n')).toBe(null);
  });
});

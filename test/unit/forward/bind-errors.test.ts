import { describe, expect, it } from 'vitest';
import { BindFailure, tcpBindError } from '../../../src/main/engine/forward/bind-errors.ts';
import {
  listeningInodes,
  parseLsof,
  parseNetstat,
  parseTasklist,
} from '../../../src/main/engine/forward/port-holder.ts';

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

  it('lsof', () => {
    expect(parseLsof('p1182\ncpostgres\nf5\n')).toEqual({ pid: 1182, program: 'postgres' });
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

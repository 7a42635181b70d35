import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { guardPackets } from '../../../src/main/engine/ssh/packet-guard.ts';
import type { Ssh2Seam } from '../../../src/main/engine/ssh/ssh2-seam.ts';
import { brokenProtocol } from '../../../src/main/engine/ssh/ssh-failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { hostFor } from '../../support/link-parts.ts';

test('our answers that wait for the end of a key exchange are counted', () => {
  let look: (payload: Buffer) => Buffer = (payload) => payload;
  const seam = {
    queuedPackets: 16_384,
    watchPackets: (given: typeof look) => {
      look = given;
    },
    watchKeyExchanges: () => {},
  };
  guardPackets({
    seam: seam as unknown as Ssh2Seam,
    clock: new FakeClock(),
    transferred: () => 0,
    failure: (fault) => brokenProtocol(hostFor(22), 'open', fault),
    onServerRekey: () => {},
    onHostKeyNotice: () => {},
    onUnimplemented: () => {},
  });
  const request = Buffer.of(80, 0, 0, 0, 1, 0x78, 1);
  expect(look(request)).toBe(request);
  seam.queuedPackets += 1;
  expect(() => look(request)).toThrow(/asks for answers in the middle of a key exchange/);
});

import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { makeDemoKey } from '../../../src/main/demo/demo-key.ts';

it('every key of the demo can be read by its servers: of ssh2 one in 300 cannot', () => {
  for (let made = 0; made < 3000; made += 1)
    expect(ssh2.utils.parseKey(makeDemoKey('demo').private)).not.toBeInstanceOf(Error);
});

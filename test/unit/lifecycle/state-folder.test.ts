import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openStateFolder } from '../../../src/main/engine/lifecycle/state-folder.ts';
import { itAsRoot } from '../../support/root.ts';
import { tempFolder } from '../../support/temp.ts';

const stranger = 65534;

describe.skipIf(process.platform === 'win32')('the state folder', () => {
  it('is made with 0700, also behind links that are ours alone', async () => {
    const top = tempFolder();
    mkdirSync(top.file('real'));
    symlinkSync('real', top.file('link'));
    await openStateFolder(top.file('link', 'a', 'b'));
    expect(statSync(top.file('real', 'a', 'b')).mode & 0o777).toBe(0o700);
    await openStateFolder(top.file('link', 'a', 'b'));
  });

  it('is not used below a folder that others may write, and nothing is made there', async () => {
    const top = tempFolder();
    mkdirSync(top.file('above', 'state'), { recursive: true });
    chmodSync(top.file('above'), 0o777);
    const refusal = {
      code: 'state-folder',
      message: expect.stringContaining(`the folder ${top.file('above')} may be written by everybody; run: chmod go-w`),
      next: expect.stringContaining('HOLDFAST_STATE'),
    };
    await expect(openStateFolder(top.file('above', 'state'))).rejects.toMatchObject(refusal);
    await expect(openStateFolder(top.file('above', 'new', 'x'))).rejects.toMatchObject(refusal);
    expect(existsSync(top.file('above', 'new'))).toBe(false);
    chmodSync(top.file('above'), 0o1777);
    await openStateFolder(top.file('above', 'state'));
  });

  itAsRoot("is not used below a stranger's folder or behind his link", async () => {
    const top = tempFolder();
    mkdirSync(top.file('theirs', 'state'), { recursive: true });
    mkdirSync(top.file('ours'));
    chownSync(top.file('theirs'), stranger, stranger);
    symlinkSync(top.file('ours'), top.file('link'));
    lchownSync(top.file('link'), stranger, stranger);
    for (const folder of [top.file('theirs', 'state'), top.file('theirs', 'new'), top.file('link', 'new')]) {
      await expect(openStateFolder(folder)).rejects.toMatchObject({
        code: 'state-folder',
        message: expect.stringContaining('belongs to another user (uid 65534)'),
      });
    }
    expect(existsSync(top.file('theirs', 'new'))).toBe(false);
    expect(existsSync(top.file('ours', 'new'))).toBe(false);
  });
});

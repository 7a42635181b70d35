import { type FileHandle, open } from 'node:fs/promises';
import type { LogLine } from '../../../shared/contract/calls.ts';
import { parseLine } from './log-record.ts';

const blockBytes = 65_536;

/** The newest `count` lines of a rotated log, oldest first. Files that cannot be read and lines that are none are left out. */
export async function tailFiles(path: string, files: number, count: number): Promise<LogLine[]> {
  const newestFirst: LogLine[] = [];
  for (let index = 0; index < files && newestFirst.length < count; index += 1)
    await readBackwards(index === 0 ? path : `${path}.${index}`, (text) => {
      const line = parseLine(text);
      if (line !== null) newestFirst.push(line);
      return newestFirst.length < count;
    });
  return newestFirst.reverse();
}

/** Calls `onLine` with each line from the last to the first, until it returns false. */
async function readBackwards(path: string, onLine: (text: string) => boolean): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch {
    return;
  }
  try {
    let end = (await handle.stat()).size;
    let rest = Buffer.alloc(0);
    while (end > 0) {
      const length = Math.min(blockBytes, end);
      const block = Buffer.alloc(length);
      const { bytesRead } = await handle.read(block, 0, length, end - length);
      end -= length;
      let whole = Buffer.concat([block.subarray(0, bytesRead), rest]);
      for (let at = whole.lastIndexOf(0x0a); at >= 0; at = whole.lastIndexOf(0x0a)) {
        const text = whole.toString('utf8', at + 1);
        whole = whole.subarray(0, at);
        if (text !== '' && !onLine(text)) return;
      }
      rest = whole;
    }
    if (rest.length > 0) onLine(rest.toString('utf8'));
  } finally {
    await handle.close();
  }
}

import { lstat, open } from 'node:fs/promises';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { distrustOf, wayTo } from '../lifecycle/file-trust.ts';
import { forReadingItself } from '../lifecycle/open-flags.ts';
import { maxConfigBytes, type ParseContext, parseConfig, type ParseResult } from './parse.ts';
import { cleanProblem, type ConfigProblem } from './problem.ts';

export type LoadResult = ParseResult | { readonly kind: 'missing' };

export type ReadResult =
  | { readonly kind: 'read'; readonly text: string; readonly realPath: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/**
 * Reads and checks a configuration file, through links. Refused, as a problem: a file, folder or link that is not ours alone (`file-trust.ts`;
 * folders further up do not count, as in ssh(1)), anything but a regular file, more than 1 MiB, what is not UTF-8. Never rejects for what is on the disk.
 */
export async function loadConfigFile(file: string, context: Omit<ParseContext, 'file'> = {}): Promise<LoadResult> {
  const read = await readConfigFile(file);
  return read.kind === 'read' ? parseConfig(read.text, { ...context, file }) : read;
}

/** The text of a configuration file, after the checks of who may write it. */
export async function readConfigFile(file: string): Promise<ReadResult> {
  try {
    return await readChecked(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' && !(await isLink(file))) return { kind: 'missing' };
    return bad(unreadable[code] ?? `the file cannot be read: ${code || String(error)}`);
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'the file is a link to something that does not exist',
  EACCES: 'the file may not be read by you; check its owner and mode',
  EPERM: 'the file may not be read by you; check its owner and mode',
  ELOOP: 'the file is a link that leads nowhere',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'this is a folder; expected a file',
};

async function readChecked(file: string): Promise<ReadResult> {
  const { realPath: real, isLinked, distrust } = await wayTo(file);
  // Without O_NONBLOCK a named pipe in its place would hold us for ever; a link that took its place since is none that was looked at.
  const handle = await open(real, forReadingItself);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) return bad('this is a folder; expected a file');
    if (!stats.isFile()) return bad('this is not a regular file');
    const reason = distrust ?? (await distrustOf(stats, 'file', real));
    if (reason !== null) return bad(isLinked ? `leads to ${real}; ${inEnglish(reason)}` : inEnglish(reason));
    if (stats.size > maxConfigBytes) return bad('the file is larger than 1 MiB');
    // A growing file must not fill the memory either.
    const buffer = Buffer.alloc(maxConfigBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > maxConfigBytes) return bad('the file is larger than 1 MiB');
    return decode(buffer.subarray(0, length), real);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer, realPath: string): ReadResult {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return bad('the file is written in UTF-16; save it as UTF-8');
  }
  try {
    return { kind: 'read', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), realPath };
  } catch {
    const lossy = bytes.toString('utf8');
    const line = lossy.slice(0, lossy.indexOf('\uFFFD')).split('\n').length;
    return bad('the file is not UTF-8 text', line);
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

function bad(message: string, line = 1): { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] } {
  return { kind: 'bad', problems: [cleanProblem({ line, key: 'file', message })] };
}

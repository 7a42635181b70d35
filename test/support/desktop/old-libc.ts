import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `mov $435, %eax; syscall`: clone3. */
const clone3 = Buffer.from('b8b30100000f05', 'hex');
/** `mov $-38, %rax`: ENOSYS, as a kernel says that does not have it. */
const notImplemented = Buffer.from('48c7c0daffffff', 'hex');

/**
 * What an Electron before 16 needs to run with its sandbox on a system of today, as variables of its environment. Its seccomp filter answers system
 * calls that came after it with EPERM, by which glibc from 2.34 on can start no thread: pages stay empty. So it gets this system's own C library,
 * which does without clone3 as on an older kernel, from this folder; and no restartable sequences. The filter itself stays as it is.
 */
export function oldLibc(folder: string): NodeJS.ProcessEnv {
  const library = readFileSync(systemLibc());
  let changed = 0;
  for (let at = library.indexOf(clone3); at !== -1; at = library.indexOf(clone3, at + 1)) {
    notImplemented.copy(library, at);
    changed += 1;
  }
  // One that never calls it.
  if (changed === 0) return {};
  writeFileSync(join(folder, 'libc.so.6'), library, { mode: 0o755 });
  return { LD_LIBRARY_PATH: folder, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' };
}

/** The one that this process itself runs with. */
function systemLibc(): string {
  const found = /(\/\S*\/libc\.so\.6|\/\S*\/libc-2\.\d+\.so)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
  if (found === undefined) throw new Error('this process has no glibc: the old Electron cannot run here');
  return found;
}

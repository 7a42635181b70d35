// Loaded into every thread of the soak's engine with NODE_OPTIONS=--import: collects garbage whenever the file of HOLDFAST_SOAK_COLLECT changes. Each
// then writes what its objects hold, in bytes, into a file of its own beside it.
import { statSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';

const file = process.env.HOLDFAST_SOAK_COLLECT;
if (file) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  let last = 0;
  setInterval(() => {
    const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (at === last) return;
    last = at;
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(`${file}.${threadId}`, `${heapUsed + external}`);
  }, 200).unref();
}

// Loaded into every thread of the soak's engine with NODE_OPTIONS=--import: collects garbage whenever the file of HOLDFAST_SOAK_COLLECT changes.
import { statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

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
  }, 200).unref();
}

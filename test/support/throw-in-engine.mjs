// Loaded into every thread of a test's engine with NODE_OPTIONS=--import: throws there, past everybody, as often as the file that
// HOLDFAST_TEST_THROW names says, in turn from a timer and as a rejection.
import { readFileSync, rmSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const file = process.env.HOLDFAST_TEST_THROW;
if (!isMainThread && file && workerData?.profile) {
  setInterval(() => {
    let times = 0;
    try {
      times = Number(readFileSync(file, 'utf8'));
      rmSync(file);
    } catch {
      return;
    }
    for (let i = 0; i < times; i += 1) {
      if (i % 2) void Promise.reject(new Error(`nobody caught ${i}`));
      else
        setTimeout(() => {
          throw new Error(`nobody caught ${i}`);
        }, 0);
    }
  }, 50).unref();
}

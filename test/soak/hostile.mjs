// npm run soak:hostile: hostile servers and clients against one engine while a tunnel carries checked bytes.
// Options: --minutes N (default 10; a fraction will do), --only WORD and --without WORD (attacks with this in their name, or not).
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, only: { type: 'string' }, without: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  process.stderr.write('--minutes takes a number above 0\n');
  process.exit(2);
}
// The attacks use what the tests use, which is TypeScript.
const { module } = await runnerImport(fileURLToPath(new URL('soak.ts', import.meta.url)), { logLevel: 'error' });
process.exit(await module.soak({ minutes, only: values.only ?? '', without: values.without ?? null }));

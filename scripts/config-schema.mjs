// Writes docs/config.schema.json from the zod schema of the configuration. A unit test says when it is out of date.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles } = await build({
  entryPoints: [`${root}src/main/engine/config/schema-json.ts`],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
});
const { configJsonSchema } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
mkdirSync(`${root}docs`, { recursive: true });
writeFileSync(`${root}docs/config.schema.json`, configJsonSchema());
// As `npm run check` wants it.
execFileSync(process.execPath, [
  `${root}node_modules/@biomejs/biome/bin/biome`,
  'format',
  '--write',
  `${root}docs/config.schema.json`,
]);

// Imports go one way: see import-rules.mjs. Says each import that does not, and ends with 1.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintsOf } from './import-rules.mjs';

const root = new URL('..', import.meta.url).pathname;
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .filter((file) => /\.tsx?$/.test(file));
const complaints = complaintsOf(new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')])));
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`import directions: ${files.length} files, all well`);

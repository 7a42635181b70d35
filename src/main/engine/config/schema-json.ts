import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** The JSON Schema of the configuration file, for editors; docs/config.schema.json holds its text. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ ...schema, title: 'Holdfast configuration' }, null, 2)}\n`;
}

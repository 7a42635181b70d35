import { z } from 'zod';

/**
 * Must be the first import of a page: zod tries out `new Function` as soon as a schema is made, and the pages' content security policy, which
 * forbids it, would report that as a breach.
 */
z.config({ jitless: true });

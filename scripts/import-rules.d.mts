/** The room of a file below `src`; null: it lies in none. */
export function roomOf(file: string): string | null;
/** What is wrong with these files, a line each; path from the root to text. */
export function complaintsOf(files: ReadonlyMap<string, string>): string[];
/** Each room with the rooms that it may import. */
export const rooms: Readonly<Record<string, readonly string[]>>;

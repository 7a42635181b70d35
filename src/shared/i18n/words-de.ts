/** "1 Klient", "2 Klienten". */
export const some = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** "a, b und c". */
export function list(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} und ${names.at(-1)}`;
}

/** Every word of `find` stands somewhere in `texts`, whatever the case. */
export function matches(find: string, texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.join('\n').toLocaleLowerCase();
  return find
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

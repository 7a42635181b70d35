/** Quotes one word for sh; words that need nothing stay as they are. A leading `~/` stays outside of the quotes, so that it keeps its meaning. */
export function quoteShellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+:,./~-]+$/.test(word) && !/^~(?!\/|$)/.test(word)) return word;
  if (/^[A-Za-z0-9_]+=[A-Za-z0-9_@%+:,./-]+$/.test(word)) return word;
  const home = word.startsWith('~/') ? '~/' : '';
  return `${home}'${word.slice(home.length).replaceAll("'", "'\\''")}'`;
}

const longestAddress = 1000;
const mostAddresses = 4;
/** Beyond this nobody reads. */
const longestText = 16_384;

/**
 * The https addresses in a server's words, each once, at most 4. They are to be opened by a person who has seen them in full: so only printable ASCII,
 * no user or password before the host (it would look like the host), and at most 1000 characters; what is not so stays mere text.
 */
export function webAddresses(text: string): readonly string[] {
  const found = new Set<string>();
  for (const [word] of text.slice(0, longestText).matchAll(/https:\/\/[^\s<>"'`]+/gi)) {
    const address = word.replace(/[.,;:!?*_]+$/, '').replace(/\)+$/, (end) => (word.includes('(') ? end : ''));
    if (isPlain(address)) found.add(address);
    if (found.size === mostAddresses) break;
  }
  return [...found];
}

function isPlain(address: string): boolean {
  return (
    address.length <= longestAddress &&
    /^https:\/\/[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?(?::\d{1,5})?(?:[/?#][!#-;=?-Z_a-z~()]*)?$/i.test(address)
  );
}

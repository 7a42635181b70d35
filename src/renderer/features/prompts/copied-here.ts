/**
 * Marks what leaves this window over the clipboard or by drag, so that a fingerprint pasted back from it is known as our own words.
 */

/** A type of ours on the clipboard beside the text; other programs never see nor set it. */
const marker = 'application/x-holdfast-here';

/** Texts that had to be copied without a marker (the shell's clipboard). */
const unmarked = new Set<string>();

/** Marks all that is copied or dragged out of the document. Returns the way to stop. */
export function markCopies(target: Document): () => void {
  const onCopy = (event: ClipboardEvent): void => {
    const text = target.getSelection()?.toString() ?? '';
    if (event.defaultPrevented || event.clipboardData === null || text === '') return;
    event.clipboardData.setData('text/plain', text);
    event.clipboardData.setData(marker, '1');
    event.preventDefault();
  };
  const onDrag = (event: DragEvent): void => event.dataTransfer?.setData(marker, '1');
  target.addEventListener('copy', onCopy);
  target.addEventListener('dragstart', onDrag);
  return () => {
    target.removeEventListener('copy', onCopy);
    target.removeEventListener('dragstart', onDrag);
  };
}

/** Copies `text` with our mark; if the page may not, through `fallback` (the shell's clipboard), and remembers it. */
export function copyMarked(target: Document, text: string, fallback: ((text: string) => void) | null): boolean {
  const onCopy = (event: ClipboardEvent): void => {
    if (event.clipboardData === null) return;
    event.clipboardData.setData('text/plain', text);
    event.clipboardData.setData(marker, '1');
    event.preventDefault();
    event.stopImmediatePropagation();
    done = true;
  };
  let done = false;
  target.addEventListener('copy', onCopy, { capture: true });
  try {
    // The one way to put a type of our own beside the text; deprecated, yet in every Chromium.
    target.execCommand?.('copy');
  } finally {
    target.removeEventListener('copy', onCopy, { capture: true });
  }
  if (done) return true;
  unmarked.add(text.trim());
  fallback?.(text);
  return fallback !== null;
}

/** Whether pasted or dropped data came from this window. */
export function isFromHere(data: DataTransfer | null): boolean {
  if (data === null) return false;
  if ([...data.types].includes(marker)) return true;
  const text = data.getData('text/plain').trim();
  return text !== '' && unmarked.has(text);
}

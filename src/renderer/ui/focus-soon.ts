/** How long a page that was just gone to may take to show what is looked for. */
const patienceMs = 3000;

/** Puts the focus on what `find` gives, as soon as it is there. */
export function focusSoon(find: () => HTMLElement | null): void {
  const look = (): boolean => {
    const found = find();
    found?.focus();
    found?.scrollIntoView?.({ block: 'nearest' });
    return found !== null;
  };
  if (look()) return;
  const observer = new MutationObserver(() => {
    if (look()) stop();
  });
  const timer = setTimeout(() => observer.disconnect(), patienceMs);
  const stop = () => {
    clearTimeout(timer);
    observer.disconnect();
  };
  observer.observe(document.body, { childList: true, subtree: true });
}

/** The field with this label. */
export function labelled(label: string): HTMLElement | null {
  const found = [...document.querySelectorAll('label')].find((element) => element.textContent?.trim() === label);
  return found?.htmlFor ? document.getElementById(found.htmlFor) : null;
}

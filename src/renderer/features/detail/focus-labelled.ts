/** How long a page that was just gone to may take to show its fields. */
const patienceMs = 3000;

/** Puts the focus on the field with this label, as soon as it is there. */
export function focusLabelled(label: string): void {
  const look = (): boolean => {
    const found = [...document.querySelectorAll('label')].find((element) => element.textContent?.trim() === label);
    const field = found?.htmlFor ? document.getElementById(found.htmlFor) : null;
    if (field === null) return false;
    field.focus();
    field.scrollIntoView?.({ block: 'center' });
    return true;
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

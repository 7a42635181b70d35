/** The button of a row; null if it is not in the list. */
export function rowButton(list: ParentNode | null, name: string): HTMLElement | null {
  return list?.querySelector<HTMLElement>(`[data-row="${CSS.escape(name)}"]`) ?? null;
}

/** Puts the focus on a row's button. */
export function focusRow(list: ParentNode | null, name: string): void {
  const row = rowButton(list, name);
  row?.focus();
  row?.scrollIntoView?.({ block: 'nearest' });
}

/** Puts the focus on a row's button. */
export function focusRow(list: ParentNode | null, name: string): void {
  const row = list?.querySelector<HTMLElement>(`[data-row="${CSS.escape(name)}"]`);
  row?.focus();
  row?.scrollIntoView?.({ block: 'nearest' });
}

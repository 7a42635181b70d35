/** Which colours a page uses; `system` follows the desktop. */
export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'holdfast.theme';

export function isTheme(value: unknown): value is Theme {
  return value === 'system' || value === 'light' || value === 'dark';
}

/** Sets the page's theme. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** The theme a browser was told before (panel only; the desktop app keeps it in its settings). */
export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(storageKey);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Applies a theme and keeps it in this browser. */
export function storeTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // A browser without storage forgets it at the next load.
  }
}

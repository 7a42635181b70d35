/** How long a login may be kept open, in hours. */
export const keepOpenHours = [1, 4, 8, 12, 24] as const;

const storageKey = 'holdfast.keep-login-hours';
const usualHours = 8;

/** What was chosen last on this machine; 0: not kept open. */
export function storedKeepOpen(): number {
  try {
    const value = localStorage.getItem(storageKey);
    const hours = value === null ? usualHours : Number(value);
    return hours === 0 || keepOpenHours.some((known) => known === hours) ? hours : usualHours;
  } catch {
    return usualHours;
  }
}

export function storeKeepOpen(hours: number): void {
  try {
    localStorage.setItem(storageKey, String(hours));
  } catch {
    // Without storage the next question begins with the usual time again.
  }
}

/** When a loss is worth a notification: it was up for so long, and is down for so long. Times in milliseconds. */
export const notificationLimits = { minUpMs: 60_000, minDownMs: 20_000 };

import type { Cause } from '../../../shared/model/failure.ts';

/** `max-starts` is reached; `last` is why the last start ended. */
export function tooManyStarts(maxStarts: number, last: Cause | null): Cause {
  const why = last ? ` The last one ended: ${last.message}` : '';
  return {
    code: 'too-many-starts',
    where: last?.where ?? 'supervision',
    message: `It was started ${maxStarts} ${maxStarts === 1 ? 'time' : 'times'}, which is the limit.${why}`,
    next: last?.next ?? 'Raise max-starts, or bring the tunnel up again.',
  };
}

/** The first start ended within the gate time. */
export function failedEarly(cause: Cause, gateMs: number): Cause {
  return {
    code: 'failed-early',
    where: cause.where,
    message: `Its first start ended within the gate time of ${Math.floor(gateMs / 1000)} s: ${cause.message}`,
    next: cause.next,
  };
}

/** `max-lifetime` is over. */
export function lifetimeOver(limitMs: number): Cause {
  return {
    code: 'lifetime-over',
    where: 'supervision',
    message: `The tunnel reached its longest lifetime of ${Math.round(limitMs / 1000)} s.`,
    next: 'Bring it up again, or raise max-lifetime.',
  };
}

import type { ReactElement } from 'react';
import type { ShownState } from '../../shared/model/shown-state.ts';
import { cx } from './cx.ts';
import styles from './glyph.module.css';

/**
 * ui: the parts every page is made of: tokens, shapes, controls, dialogs. They know no tunnel and call no engine.
 */

const ring = <circle cx="8" cy="8" r="5.25" fill="none" stroke="currentColor" strokeWidth="1.5" />;

/** The eight shapes, each its own outline so that none needs colour to be told apart. */
const stateShapes: Record<ShownState, ReactElement> = {
  stopped: ring,
  listening: (
    <>
      {ring}
      <circle cx="8" cy="8" r="2.1" fill="currentColor" />
    </>
  ),
  starting: (
    <>
      <circle cx="8" cy="8" r="5.25" fill="none" stroke="currentColor" strokeWidth="1.5" opacity=".28" />
      <path
        d="M8 2.75A5.25 5.25 0 0 1 13.25 8"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.25"
        strokeLinecap="round"
      />
    </>
  ),
  interactive: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M7.1 1.4a1.27 1.27 0 0 1 1.8 0l5.7 5.7a1.27 1.27 0 0 1 0 1.8l-5.7 5.7a1.27 1.27 0 0 1-1.8 0L1.4 8.9a1.27 1.27 0 0 1 0-1.8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z"
    />
  ),
  running: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  degraded: (
    <>
      {ring}
      <path d="M8 2.75a5.25 5.25 0 0 0 0 10.5z" fill="currentColor" />
    </>
  ),
  retrying: (
    <>
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.93 1.47" />
      <path
        d="M8 5v3.2l2 1.4"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  dead: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M4.5 2h7A2.5 2.5 0 0 1 14 4.5v7a2.5 2.5 0 0 1-2.5 2.5h-7A2.5 2.5 0 0 1 2 11.5v-7A2.5 2.5 0 0 1 4.5 2zm1.4 2.84L4.84 5.9 6.94 8l-2.1 2.1 1.06 1.06L8 9.06l2.1 2.1 1.06-1.06L9.06 8l2.1-2.1-1.06-1.06L8 6.94z"
    />
  ),
};

/** The shape of a state in its colour. Decoration: the word beside it says the same. */
export function Glyph({
  state,
  size = 16,
  className,
}: {
  state: ShownState;
  size?: number;
  className?: string | undefined;
}) {
  return (
    <svg
      className={cx(styles.glyph, styles[state], state === 'starting' && styles.turning, className)}
      style={size === 16 ? undefined : { width: size, height: size }}
      viewBox="0 0 16 16"
      aria-hidden="true"
      data-state={state}
    >
      {stateShapes[state]}
    </svg>
  );
}

/** The class that gives text the colour of a state. */
export function stateColor(state: ShownState): string | undefined {
  return styles[state];
}

const iconShapes = {
  mark: <path fill="currentColor" d="M2 14V8a6 6 0 0 1 12 0v6h-3.5V8a2.5 2.5 0 0 0-5 0v6z" />,
  copy: (
    <g fill="none" stroke="currentColor" strokeWidth="1.3">
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 3.5v-.2a1 1 0 0 0-1-1H3.3a1 1 0 0 0-1 1v6.2a1 1 0 0 0 1 1h.2" />
    </g>
  ),
  done: <path d="M3 8.5l3.2 3.2L13 4.8" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />,
  settings: (
    <g fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round">
      <path d="M2 4.5h5M11 4.5h3M2 11.5h3M9 11.5h5" />
      <circle cx="9" cy="4.5" r="1.9" />
      <circle cx="7" cy="11.5" r="1.9" />
    </g>
  ),
  more: (
    <g fill="currentColor">
      <circle cx="3" cy="8" r="1.4" />
      <circle cx="8" cy="8" r="1.4" />
      <circle cx="13" cy="8" r="1.4" />
    </g>
  ),
  back: (
    <path
      d="M9.5 3.5L5 8l4.5 4.5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  expand: (
    <path
      d="M6 4l4 4-4 4"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  open: (
    <g fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" strokeLinejoin="round">
      <path d="M9 2.8h4.2V7M13 3L7.5 8.5" />
      <path d="M11.5 9.5v2.7a1 1 0 0 1-1 1H3.8a1 1 0 0 1-1-1V5.5a1 1 0 0 1 1-1h2.7" />
    </g>
  ),
} as const satisfies Record<string, ReactElement>;

export type IconName = keyof typeof iconShapes;

/** A drawing without a state, in the colour of its text. Decoration: the button around it has the name. */
export function Icon({
  name,
  size = 16,
  className,
}: {
  name: IconName;
  size?: number;
  className?: string | undefined;
}) {
  return (
    <svg
      className={cx(styles.glyph, className)}
      style={size === 16 ? undefined : { width: size, height: size }}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {iconShapes[name]}
    </svg>
  );
}

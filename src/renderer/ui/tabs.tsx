import { useRef, type KeyboardEvent } from 'react';
import { cx } from './cx.ts';
import styles from './tabs.module.css';

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: string;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly items: readonly TabItem<Id>[];
  /** Null: the page shown belongs to none of them. */
  readonly selected: Id | null;
  readonly onSelect: (id: Id) => void;
  /** The id of the panel the tabs switch. */
  readonly controls: string;
  readonly className?: string | undefined;
}

/** A row of tabs: one stop for Tab, arrows go through. */
export function Tabs<Id extends string>({ label, items, selected, onSelect, controls, className }: TabsProps<Id>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent, index: number) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const target =
      event.key === 'Home' ? 0 : event.key === 'End' ? items.length - 1 : (index + step + items.length) % items.length;
    const item = items[target];
    if ((step === 0 && event.key !== 'Home' && event.key !== 'End') || item === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(item.id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[target]?.focus();
  };
  const stop = selected ?? items[0]?.id;
  return (
    <div role="tablist" aria-label={label} className={cx(styles['tabs'], className)} ref={list}>
      {items.map((item, index) => (
        <button
          key={item.id}
          type="button"
          role="tab"
          className={styles['tab']}
          aria-selected={item.id === selected}
          aria-controls={item.id === selected ? controls : undefined}
          tabIndex={item.id === stop ? 0 : -1}
          onClick={() => onSelect(item.id)}
          onKeyDown={(event) => move(event, index)}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}

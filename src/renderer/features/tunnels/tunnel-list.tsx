import { useMemo, useRef, type KeyboardEvent } from 'react';
import { isUp } from '../../../shared/model/shown-state.ts';
import { switchTunnels } from '../../store/acts.ts';
import { usePage, usePageStore, type PageState } from '../../store/page-store.ts';
import { showTunnel } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { LinkButton } from '../../ui/button.tsx';
import { focusRow } from './focus-row.ts';
import { listGroups, type ListGroup } from './list-view.ts';
import styles from './tunnel-list.module.css';
import { TunnelRow } from './tunnel-row.tsx';

/** The tunnels by group. Rows keep their place whatever happens. */
export function TunnelList({ selected }: { selected: string | null }) {
  const texts = useTexts();
  const store = usePageStore();
  const element = useRef<HTMLElement>(null);
  const find = usePage((page) => page.find);
  // Rows read their own state; the list depends on what is found and how it is grouped alone.
  const shape = usePage(shapeOf);
  const groups = useMemo(() => {
    const { order, tunnels } = store.getState();
    return listGroups(order, tunnels, find);
  }, [shape, find, store]);
  const names = groups.flatMap((group) => group.names);
  const stop = selected !== null && names.includes(selected) ? selected : names[0];

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    const row = event.target instanceof HTMLElement ? event.target.closest('li')?.querySelector('[data-row]') : null;
    const at = names.indexOf(row?.getAttribute('data-row') ?? '');
    const step = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
    const next = step === undefined || at < 0 ? undefined : names[step];
    if (next === undefined) return;
    event.preventDefault();
    focusRow(element.current, next);
    if (matchMedia('(min-width: 900px)').matches) showTunnel(next, 'overview', true);
  };

  return (
    <section className={styles['list']} aria-label={texts.rows.list} ref={element} onKeyDown={onKeyDown} data-list="">
      {groups.map((group) => (
        <GroupRows
          key={group.group ?? '\n'}
          group={group}
          alone={groups.length === 1}
          selected={selected}
          stop={stop}
        />
      ))}
      {names.length === 0 && find !== '' ? (
        <div className={styles['none']}>
          {texts.rows.nothingFound(find)}{' '}
          <LinkButton onClick={() => store.setState({ find: '' })}>{texts.rows.showAll}</LinkButton>
        </div>
      ) : null}
    </section>
  );
}

/** All that decides which rows there are, in which groups; the same text as long as that is the same. */
function shapeOf({ order, tunnels, find }: PageState): string {
  return order
    .map((name) => {
      const tunnel = tunnels.get(name);
      const forwards = find === '' ? '' : (tunnel?.forwards.map(({ listen }) => listen ?? '').join() ?? '');
      return `${name}\n${tunnel?.group ?? ''}\n${tunnel?.host ?? ''}\n${forwards}`;
    })
    .join('\t');
}

interface GroupProps {
  readonly group: ListGroup;
  readonly alone: boolean;
  readonly selected: string | null;
  readonly stop: string | undefined;
}

function GroupRows({ group, alone, selected, stop }: GroupProps) {
  return (
    <>
      {alone && group.group === null ? null : <GroupHead group={group} />}
      <ul>
        {group.names.map((name) => (
          <TunnelRow key={name} name={name} selected={name === selected} tabStop={name === stop} />
        ))}
      </ul>
    </>
  );
}

function GroupHead({ group: { group, names } }: { group: ListGroup }) {
  const texts = useTexts();
  const page = useActs();
  const title = group ?? texts.rows.ungrouped;
  const up = usePage((state) => {
    const states = names.map((name) => state.tunnels.get(name)?.state);
    return states.filter((one) => one !== undefined && isUp(one)).length;
  });
  const anyWanted = usePage((state) =>
    names.some((name) => state.asked.get(name) ?? state.tunnels.get(name)?.wanted ?? false),
  );
  return (
    <div className={styles['group']}>
      <h2>{title}</h2>
      <span className={styles['count']}>{texts.rows.upOf(up, names.length)}</span>
      <button
        type="button"
        className={styles['all']}
        aria-label={anyWanted ? texts.rows.stopGroup(title) : texts.rows.startGroup(title)}
        onClick={() => void switchTunnels(page, names, !anyWanted)}
      >
        {anyWanted ? texts.rows.stopAll : texts.rows.startAll}
      </button>
    </div>
  );
}

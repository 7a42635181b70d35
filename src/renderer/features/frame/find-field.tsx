import type { KeyboardEvent } from 'react';
import { usePage, usePageStore } from '../../store/page-store.ts';
import { currentRoute, go, showTunnel } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { Input } from '../../ui/field.tsx';
import { isSshCommand, listGroups } from '../tunnels/list-view.ts';
import { focusRow } from '../tunnels/focus-row.ts';
import styles from './bar.module.css';

export const findFieldId = 'find';

/** Finds tunnels as one types; an ssh command in it becomes a new tunnel. */
export function FindField({ shortcut }: { shortcut: string }) {
  const texts = useTexts();
  const store = usePageStore();
  const find = usePage((page) => page.find);
  const command = isSshCommand(find);
  const set = (text: string) => {
    store.setState({ find: text });
    if (currentRoute().page !== 'tunnels' && text !== '' && !isSshCommand(text)) showTunnel(null);
  };
  const make = (text: string) => {
    store.setState({ find: '' });
    go({ page: 'new', command: text.trim() });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (find === '') focusRow(document, currentName() ?? '');
      set('');
    } else if (event.key === 'Enter' && command) make(find);
    else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      const { order, tunnels } = store.getState();
      const [name] = listGroups(order, tunnels, find).flatMap((group) => group.names);
      if (name === undefined) return;
      showTunnel(name);
      focusRow(document, name);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles['find']}>
      <Input
        id={findFieldId}
        aria-label={texts.bar.findLabel}
        aria-describedby={command ? 'find-command' : undefined}
        placeholder={texts.bar.find}
        value={find}
        onChange={(event) => set(event.target.value)}
        onPaste={(event) => {
          const text = event.clipboardData.getData('text');
          if (find !== '' || !isSshCommand(text)) return;
          event.preventDefault();
          make(text.replace(/\\\r?\n/g, ' '));
        }}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">{shortcut}</kbd>
      {command ? (
        <p className={styles['command']} id="find-command">
          {texts.bar.command}
        </p>
      ) : null}
    </div>
  );
}

function currentName(): string | null {
  const route = currentRoute();
  return route.page === 'tunnels' ? route.name : null;
}

import { useBridge } from '../../bridge.ts';
import { go, type Route } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/glyph.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import styles from './bar.module.css';
import { FindField } from './find-field.tsx';

/** The id of what the tabs switch. */
export const pagePanelId = 'page';

/** The window's bar: where one is, the find field, new tunnel, settings. */
export function Bar({ route }: { route: Route }) {
  const texts = useTexts();
  const { platform } = useBridge();
  const section = route.page === 'tunnels' || route.page === 'logins' || route.page === 'activity' ? route.page : null;
  return (
    <header className={styles['bar']}>
      <h1 className="vh">{texts.appName}</h1>
      <Icon name="mark" className={styles['mark']} />
      <Tabs
        label={texts.bar.sections}
        className={styles['tabs']}
        controls={pagePanelId}
        selected={section}
        onSelect={(page) => go(page === 'tunnels' ? { page, name: null, tab: 'overview' } : { page })}
        items={[
          { id: 'tunnels', label: texts.bar.tunnels },
          { id: 'logins', label: texts.bar.logins },
          { id: 'activity', label: texts.bar.activity },
        ]}
      />
      <span className={styles['rest']} />
      <FindField shortcut={platform === 'darwin' ? '⌘K' : 'Ctrl K'} />
      <Button onClick={() => go({ page: 'new', command: null })}>{texts.bar.newTunnel}</Button>
      <Button
        kind="quiet"
        className={styles['settings']}
        aria-label={texts.bar.settings}
        aria-current={route.page === 'settings' ? 'page' : undefined}
        onClick={() => go({ page: 'settings' })}
      >
        <Icon name="settings" />
      </Button>
    </header>
  );
}

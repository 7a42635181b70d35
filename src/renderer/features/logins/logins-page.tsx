import { useCallback, useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { bytesText, durationText } from '../../format.ts';
import { closeLogin } from '../../store/acts.ts';
import { useNow } from '../../store/now.ts';
import { usePage } from '../../store/page-store.ts';
import { showTunnel } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Table } from '../../ui/table.tsx';
import styles from './logins-page.module.css';

type Login = CallOutput<'connections'>[number];

const pollMs = 2000;
/** Names in a cell; what is more becomes a number. */
const shownTunnels = 4;

/** The logins that are open, who uses them, and the way to close one. */
export function LoginsPage() {
  const texts = useTexts();
  const { language } = useBridge();
  const { logins, read } = useLogins();
  const now = useNow();
  const [closing, setClosing] = useState<Login | null>(null);
  if (logins === null) return <div className={styles['page']} />;
  if (logins.length === 0)
    return (
      <div className={styles['page']}>
        <EmptyState title={texts.logins.empty} text={texts.logins.emptyText} />
      </div>
    );
  return (
    <div className={styles['page']}>
      <h2 className={styles['title']}>{texts.logins.title}</h2>
      <Table
        label={texts.logins.title}
        rows={logins}
        rowKey={(login) => login.id}
        columns={[
          {
            id: 'login',
            head: texts.logins.login,
            look: 'strong',
            cell: (login) => (
              <div title={login.address}>
                {loginName(login)}
                <div className={styles['address']}>{login.address}</div>
              </div>
            ),
          },
          {
            id: 'way',
            head: texts.logins.way,
            width: 130,
            look: 'soft',
            cell: (login) => (login.jump.length === 0 ? texts.logins.direct : texts.logins.by(login.jump)),
          },
          { id: 'proved', head: texts.logins.proved, width: 150, look: 'soft', cell: (login) => login.authenticatedBy },
          {
            id: 'age',
            head: texts.logins.age,
            width: 90,
            cell: (login) => durationText(now - login.sinceMs, texts),
          },
          {
            id: 'ends',
            head: texts.logins.ends,
            width: 130,
            look: 'soft',
            cell: (login) => <Ends login={login} now={now} />,
          },
          { id: 'on', head: texts.logins.on, wrap: true, cell: (login) => <On login={login} /> },
          {
            id: 'bytes',
            head: texts.logins.bytes,
            width: 130,
            right: true,
            cell: (login) => `${bytesText(login.bytesIn, language)}, ${bytesText(login.bytesOut, language)}`,
          },
          {
            id: 'close',
            head: texts.logins.close,
            headHidden: true,
            width: 70,
            right: true,
            cell: (login) => (
              <LinkButton aria-label={texts.logins.closeOf(loginName(login))} onClick={() => setClosing(login)}>
                {texts.logins.close}
              </LinkButton>
            ),
          },
        ]}
      />
      {closing === null ? null : (
        <CloseDialog
          login={closing}
          onDone={() => {
            setClosing(null);
            read();
          }}
        />
      )}
    </div>
  );
}

/** When the pool will close it. */
function Ends({ login, now }: { login: Login; now: number }) {
  const texts = useTexts();
  if (login.endsAtMs === null) return texts.logins.whileUsed;
  return texts.logins.endsIn(durationText(login.endsAtMs - now, texts));
}

/** The tunnels that go over it, and their programs. */
function On({ login: { tunnels, programs } }: { login: Login }) {
  const texts = useTexts();
  if (tunnels.length === 0) return <span className={styles['soft']}>{texts.logins.nobody}</span>;
  return (
    <>
      {tunnels.slice(0, shownTunnels).map((name, index) => (
        <span key={name}>
          {index === 0 ? '' : ', '}
          <LinkButton onClick={() => showTunnel(name)}>{name}</LinkButton>
        </span>
      ))}
      {tunnels.length > shownTunnels ? texts.rows.more(tunnels.length - shownTunnels) : null}
      {programs.length === 0 ? null : <div className={styles['soft']}>{programs.join(', ')}</div>}
    </>
  );
}

function CloseDialog({ login, onDone }: { login: Login; onDone: () => void }) {
  const texts = useTexts();
  const page = useActs();
  const { platform } = page.bridge;
  return (
    <Dialog
      title={texts.logins.closeTitle(loginName(login))}
      role="alertdialog"
      onCancel={onDone}
      buttons={
        <ButtonRow
          platform={platform}
          other={
            <Button kind="danger" onClick={() => void closeLogin(page, login.id).then(onDone)}>
              {texts.logins.close}
            </Button>
          }
          primary={
            <Button kind="primary" data-autofocus="" onClick={onDone}>
              {texts.logins.keep}
            </Button>
          }
        />
      }
    >
      <p>{texts.logins.closeText(login.tunnels, login.programs)}</p>
    </Dialog>
  );
}

function loginName(login: Login): string {
  return `${login.user}@${login.host}`;
}

function useLogins(): { logins: readonly Login[] | null; read: () => void } {
  const bridge = useBridge();
  const connected = usePage((page) => page.connection === 'connected');
  const [logins, setLogins] = useState<readonly Login[] | null>(null);
  const read = useCallback(() => {
    if (document.visibilityState === 'hidden') return;
    void bridge.call('connections', {}).then((result) => {
      if (result.ok) setLogins(result.output);
    });
  }, [bridge]);
  useEffect(() => {
    if (!connected) return undefined;
    read();
    const timer = setInterval(read, pollMs);
    return () => clearInterval(timer);
  }, [read, connected]);
  return { logins, read };
}

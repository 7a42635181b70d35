import { useState, type ReactNode } from 'react';
import { useBridge } from '../../bridge.ts';
import { go } from '../../store/route.ts';
import { Button } from '../../ui/button.tsx';
import { FindField } from '../../ui/field.tsx';
import { chainTo } from '../prompts/way.ts';
import { useConfig, useSave, type ConfigView } from '../editor/use-config.ts';
import { AppSettings } from './app-settings.tsx';
import { fileSettings, settingEdit, settingText, type FileSetting } from './file-settings.ts';
import { matches } from './matches.ts';
import { PageShell } from './page-shell.tsx';
import styles from './pages.module.css';
import { ChoiceItem, TextItem } from './setting-item.tsx';
import { usePageTexts } from './texts.ts';

const sections = ['app', 'logins', 'retry', 'secrets', 'log'] as const;

/** Settings: a find field, the key beside each item, and no Save: each change is one edit of the file. */
export function SettingsPage() {
  const all = usePageTexts();
  const texts = all.settings;
  const { desktop } = useBridge();
  const config = useConfig();
  const [find, setFind] = useState('');
  const shown = sections.map((section) => ({
    section,
    settings: fileSettings[section].filter(({ key }) =>
      matches(find, [key, texts.items[key]?.label, texts.items[key]?.hint, texts.sections[section]]),
    ),
  }));
  const hasApp = matches(find, [
    texts.sections.app,
    ...['theme', 'loginStart', 'notifications', 'closeToTray', 'lockWithScreen'].flatMap((key) => [
      key,
      texts.items[key]?.label,
      texts.items[key]?.hint,
    ]),
  ]);
  const hosts = (config.view?.hosts ?? []).filter(({ name, values }) =>
    matches(find, [texts.sections.hosts, name, settingText(values, 'address'), settingText(values, 'user')]),
  );
  const isEmpty = !hasApp && hosts.length === 0 && shown.every(({ settings }) => settings.length === 0);
  return (
    <PageShell
      page="settings"
      title={texts.title}
      lead={config.view === null ? (config.problem ?? '') : texts.lead(config.view.file)}
    >
      <div className={styles['bar']}>
        <FindField label={texts.find} value={find} onFind={setFind} />
        {desktop === null ? null : (
          <Button className={styles['start']} onClick={() => void desktop('desktop.open-config', {})}>
            {texts.openFile}
          </Button>
        )}
      </div>
      {config.view?.readOnlyReason ? <p className={styles['note']}>{config.view.readOnlyReason}</p> : null}
      {isEmpty ? <p className={styles['quietNote']}>{all.nothingFound(find)}</p> : null}
      {shown.map(({ section, settings }) =>
        settings.length === 0 && !(section === 'app' && hasApp) ? null : (
          <Section key={section} title={texts.sections[section]}>
            {section === 'app' ? <AppSettings find={find} /> : null}
            {config.view === null
              ? null
              : settings.map((setting) => (
                  <FileItem key={setting.key} setting={setting} view={config.view} reload={config.reload} />
                ))}
          </Section>
        ),
      )}
      {hosts.length === 0 && find !== '' ? null : <Hosts hosts={hosts} all={config.view?.hosts ?? []} />}
    </PageShell>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className={styles['heading']}>{title}</h2>
      {children}
    </section>
  );
}

interface FileItemProps {
  readonly setting: FileSetting;
  readonly view: ConfigView | null;
  readonly reload: () => Promise<void>;
}

function FileItem({ setting, view, reload }: FileItemProps) {
  const all = usePageTexts();
  const texts = all.settings;
  const save = useSave();
  const [problem, setProblem] = useState<string | null>(null);
  const [isGood, setGood] = useState(false);
  const values = view?.settings.values ?? {};
  const change = async (text: string): Promise<void> => {
    const edit = settingEdit(values, setting, text);
    setProblem(null);
    setGood(false);
    if (edit === null) return;
    const outcome = await save([edit]);
    if (outcome.kind === 'saved') {
      setGood(true);
      await reload();
    } else {
      setProblem(
        outcome.kind === 'failed' ? outcome.problem : outcome.check.problems.map(({ message }) => message).join(' '),
      );
    }
  };
  const frame = {
    label: texts.items[setting.key]?.label ?? setting.key,
    hint: texts.items[setting.key]?.hint ?? '',
    keyText: setting.key,
    problem,
    good: isGood ? all.saved : null,
    disabled: view?.readOnlyReason !== null,
    reset:
      values[setting.key] === undefined || view?.readOnlyReason !== null
        ? null
        : {
            label: texts.reset(
              setting.kind === 'choice' ? (texts.choices[setting.fallback] ?? setting.fallback) : setting.fallback,
            ),
            run: () => void change(''),
          },
  };
  const text = settingText(values, setting.key);
  if (setting.kind === 'choice') {
    return (
      <ChoiceItem
        {...frame}
        value={text === '' ? setting.fallback : text}
        choices={setting.choices.map((value) => ({ value, label: texts.choices[value] ?? value }))}
        onChange={(value) => void change(value)}
      />
    );
  }
  return <TextItem {...frame} value={text} placeholder={setting.fallback} onChange={(value) => void change(value)} />;
}

function Hosts({ hosts, all }: { hosts: ConfigView['hosts']; all: ConfigView['hosts'] }) {
  const texts = usePageTexts().settings;
  return (
    <Section title={texts.sections.hosts}>
      {hosts.length === 0 ? <p className={styles['hint']}>{texts.noHosts}</p> : null}
      {hosts.map(({ name, values }) => {
        const through = chainTo(name, all).slice(0, -1);
        const user = settingText(values, 'user') === '' ? '' : `${settingText(values, 'user')}@`;
        const port = settingText(values, 'port') === '' ? '' : `:${settingText(values, 'port')}`;
        return (
          <div key={name} className={styles['item']}>
            <div>
              <div>
                <span className={styles['label']}>{name}</span>
                <span className={styles['key']}>{`hosts.${name}`}</span>
              </div>
              <p className={styles['hint']}>
                <span className="mono">{`${user}${settingText(values, 'address')}${port}`}</span>
                {through.length === 0 ? null : ` ${texts.throughHosts(through.join(', '))}`}
              </p>
            </div>
            <div className={styles['control']}>
              <Button aria-label={texts.editHostLabel(name)} onClick={() => go({ page: 'edit', name: `host:${name}` })}>
                {texts.editHost}
              </Button>
            </div>
          </div>
        );
      })}
      <div className={styles['acts']}>
        <Button onClick={() => go({ page: 'edit', name: 'host:' })}>{texts.newHost}</Button>
      </div>
    </Section>
  );
}

import { useEffect, useState } from 'react';
import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { go } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { FindField } from '../../ui/field.tsx';
import { Table } from '../../ui/table.tsx';
import styles from './settings-tab.module.css';

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly set: boolean;
}

/** A tunnel's keys as the configuration has them, with the defaults it does not name. */
export function SettingsTab({ tunnel }: { tunnel: TunnelStatus }) {
  const texts = useTexts();
  const settings = useSettings(tunnel);
  const [find, setFind] = useState('');
  const needle = find.trim().toLowerCase();
  const shown = settings?.filter((setting) => `${setting.key} ${setting.value}`.toLowerCase().includes(needle));
  return (
    <div className={styles['settings']}>
      <div className={styles['tools']}>
        <FindField label={texts.values.find} value={find} onFind={setFind} />
        <Button onClick={() => go({ page: 'edit', name: tunnel.name })}>{texts.detail.edit}</Button>
      </div>
      <p className="t2">{shown === undefined ? texts.values.loading : texts.values.note}</p>
      {shown === undefined ? null : (
        <Table
          label={texts.detail.settings}
          rows={shown}
          rowKey={(setting) => setting.key}
          columns={[
            { id: 'key', head: texts.values.key, width: 160, look: 'mono', cell: (setting) => setting.key },
            {
              id: 'value',
              head: texts.values.value,
              look: 'mono',
              wrap: true,
              cell: (setting) => <span className={styles['value']}>{setting.value}</span>,
            },
            {
              id: 'from',
              head: texts.values.from,
              width: 80,
              look: 'soft',
              right: true,
              cell: (setting) => (setting.set ? texts.values.set : texts.values.usual),
            },
          ]}
        />
      )}
    </div>
  );
}

function useSettings({ name }: TunnelStatus): readonly Setting[] | undefined {
  const bridge = useBridge();
  const order = usePage((page) => page.order);
  const [settings, setSettings] = useState<readonly Setting[]>();
  useEffect(() => {
    let stopped = false;
    void bridge.call('config.view', {}).then((result) => {
      if (stopped || !result.ok) return;
      const found = result.output.tunnels.find((tunnel) => tunnel.name === name);
      const all = { ...found?.effective, ...found?.values };
      setSettings(
        Object.entries(all).map(([key, value]) => ({
          key,
          value: valueText(value),
          set: found !== undefined && Object.hasOwn(found.values, key),
        })),
      );
    });
    return () => {
      stopped = true;
    };
  }, [bridge, name, order]);
  return settings;
}

function valueText(value: ConfigValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item: ConfigValue) => valueText(item)).join('\n');
  return JSON.stringify(value);
}

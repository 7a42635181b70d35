import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './table.module.css';

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  /** The head is there for screen readers alone. */
  readonly headHidden?: boolean;
  /** Width in pixels; columns without share the rest. */
  readonly width?: number;
  readonly right?: boolean;
  readonly look?: 'mono' | 'strong' | 'soft';
  /** Long text goes over several lines instead of being cut. */
  readonly wrap?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  /** The table's accessible name. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}

/** A plain table of hairlines. Heads that are all hidden take no room. */
export function Table<Row>({ label, columns, rows, rowKey }: TableProps<Row>) {
  const headless = columns.every((column) => column.headHidden);
  const look = (column: Column<Row>) =>
    cx(
      column.right && styles['right'],
      column.wrap && styles['wrap'],
      column.look !== undefined && styles[column.look],
    ) || undefined;
  return (
    <table className={cx(styles['table'], headless && styles['headless'])} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.id}
              scope="col"
              className={column.right ? styles['right'] : undefined}
              style={column.width === undefined ? undefined : { width: column.width }}
            >
              {column.headHidden ? <span className="vh">{column.head}</span> : column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.id} className={look(column)}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

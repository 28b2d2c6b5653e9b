import { Button, Group, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Page } from '../api/types';
import { formatQuantity } from '../format/money';
import { Empty, Problem, type Teaching } from './states';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly end?: boolean;
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly error?: unknown;
  readonly retry?: () => unknown;
  readonly empty: Teaching;
}

/** A table that turns into cards on a phone. Roles are written out, because that change of display takes them away. */
export function Table<Row>({ label, columns, rows, rowKey, error, retry, empty }: Props<Row>): ReactNode {
  if (rows === undefined && error !== null && error !== undefined)
    return (
      <Problem
        error={error}
        {...(retry === undefined
          ? {}
          : {
              retry: () => {
                retry();
              },
            })}
      />
    );
  if (rows?.length === 0) return <Empty {...empty} />;
  return (
    <div className="table-frame">
      <table className="table" role="table" aria-label={label} aria-busy={rows === undefined}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column, index) => (
              <th key={index} role="columnheader" scope="col" data-end={column.end}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows === undefined
            ? Array.from({ length: 5 }, (_, line) => (
                <tr key={line} role="row">
                  {columns.map((_column, index) => (
                    <td key={index} role="cell">
                      <Skeleton height={16} width={index === 0 ? '70%' : '50%'} />
                    </td>
                  ))}
                </tr>
              ))
            : rows.map((row) => (
                <tr key={rowKey(row)} role="row">
                  {columns.map((column, index) => (
                    <td key={index} role="cell" data-end={column.end} data-title={column.title}>
                      <div>{column.cell(row)}</div>
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

export const PAGE_SIZE = 25;

export const offsetOf = (page: string): number => Math.max(0, (Number(page) || 1) - 1) * PAGE_SIZE;

export function Pager(props: {
  readonly of: Page<unknown> | undefined;
  readonly page: string;
  readonly go: (change: { readonly page: string }) => void;
}): ReactNode {
  const { of, go } = props;
  if (of === undefined || of.pagination.total <= PAGE_SIZE) return null;
  const page = Math.max(1, Number(props.page) || 1);
  const { total, offset } = of.pagination;
  const last = offset + of.items.length;
  return (
    <Group justify="space-between" component="nav" aria-label="Pages">
      <Text size="sm" c="dimmed" role="status">
        {formatQuantity(offset + 1)} – {formatQuantity(last)} of {formatQuantity(total)}
      </Text>
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          disabled={page <= 1}
          onClick={() => {
            go({ page: page <= 2 ? '' : String(page - 1) });
          }}
        >
          Previous
        </Button>
        <Button
          variant="default"
          size="xs"
          disabled={last >= total}
          onClick={() => {
            go({ page: String(page + 1) });
          }}
        >
          Next
        </Button>
      </Group>
    </Group>
  );
}

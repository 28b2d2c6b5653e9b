import { Skeleton } from '@mantine/core';
import { lazy, Suspense, type ReactNode } from 'react';
import { daysBefore } from '../../format/time';
import type { Series } from './chart';

const Chart = lazy(() => import('./chart'));

export const RANGES = [
  { value: '', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '365 days' },
] as const;

export interface Range {
  readonly start: Date;
  readonly end: Date;
  readonly days: readonly string[];
}

const label = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Days are those of UTC, as the windows of the API are. */
export const dayLabel = (time: string | Date): string => label.format(new Date(time));

export function rangeOf(now: Date, length: string): Range {
  const count = Number(length) || 30;
  const end = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
  const days = Array.from({ length: count }, (_, index) => dayLabel(daysBefore(end, count - index)));
  return { start: daysBefore(end, count), end, days };
}

export function UsageChart(props: {
  readonly range: Range;
  readonly series: readonly Series[];
  readonly summary: string;
}): ReactNode {
  return (
    <figure className="chart" style={{ margin: 0 }} aria-label={props.summary}>
      <Suspense fallback={<Skeleton height="100%" />}>
        <Chart days={props.range.days} series={props.series} />
      </Suspense>
    </figure>
  );
}

import { useComputedColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatQuantity } from '../../format/money';

export interface Series {
  readonly name: string;
  /** Day → quantity. */
  readonly points: ReadonlyMap<string, number>;
}

/** Told apart by whoever cannot tell red from green (Okabe and Ito). */
const COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'];

const compact = new Intl.NumberFormat(undefined, { notation: 'compact' });

/** Loaded when a chart is drawn first: the library is as big as a page. Figures are drawn here; the table has the exact ones. */
export default function Chart(props: {
  readonly days: readonly string[];
  readonly series: readonly Series[];
}): ReactNode {
  const dark = useComputedColorScheme('light') === 'dark';
  const ink = dark ? '#b0b4ba' : '#545b64';
  const data = props.days.map((day) => ({
    day,
    ...Object.fromEntries(props.series.map(({ name, points }) => [name, points.get(day) ?? 0])),
  }));
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={data} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer>
        <CartesianGrid vertical={false} stroke={dark ? '#3a3f47' : '#dfe3e8'} />
        <XAxis dataKey="day" tick={{ fill: ink, fontSize: 12 }} stroke={ink} minTickGap={24} />
        <YAxis
          tick={{ fill: ink, fontSize: 12 }}
          stroke={ink}
          width={52}
          tickFormatter={(value: number) => compact.format(value)}
        />
        <Tooltip
          formatter={(value) => formatQuantity(String(value))}
          contentStyle={{
            background: dark ? '#1f2227' : '#ffffff',
            border: `1px solid ${dark ? '#3a3f47' : '#dfe3e8'}`,
            color: dark ? '#ffffff' : '#000000',
          }}
          cursor={{ fill: dark ? '#ffffff14' : '#0000000d' }}
        />
        {props.series.length > 1 && <Legend wrapperStyle={{ color: ink }} />}
        {props.series.map(({ name }, index) => (
          <Bar
            key={name}
            dataKey={name}
            stackId="usage"
            fill={COLORS[index % COLORS.length] ?? '#0072b2'}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

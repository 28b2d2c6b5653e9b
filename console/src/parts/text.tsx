import { ActionIcon, Anchor, CopyButton, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { formatMoney, formatQuantity } from '../format/money';
import { formatDay, formatInstant, formatPeriod, formatUtc } from '../format/time';
import { statusOf, type Status } from '../format/words';

export function Pill({ status }: { readonly status: Status | string }): ReactNode {
  const { label, tone } = typeof status === 'string' ? statusOf(status) : status;
  return (
    <span className="pill" data-tone={tone}>
      {label}
    </span>
  );
}

export function Money(props: { readonly amount: string; readonly currency: string }): ReactNode {
  return <span className="figure">{formatMoney(props.amount, props.currency)}</span>;
}

export function Quantity({ value }: { readonly value: string | number }): ReactNode {
  return <span className="figure">{formatQuantity(value)}</span>;
}

/** In the reader's zone; UTC on hover. */
export function Instant({
  at,
  none = '–',
}: {
  readonly at: string | null | undefined;
  readonly none?: string;
}) {
  if (at === null || at === undefined) return <>{none}</>;
  return (
    <time dateTime={at} title={formatUtc(at)}>
      {formatInstant(at)}
    </time>
  );
}

export function Day({ at, zone }: { readonly at: string | null | undefined; readonly zone?: string }) {
  if (at === null || at === undefined) return <>–</>;
  return (
    <time dateTime={at} title={formatUtc(at)}>
      {formatDay(at, zone)}
    </time>
  );
}

export function Period(props: {
  readonly start: string | null | undefined;
  readonly end: string | null | undefined;
  readonly zone?: string | undefined;
}): ReactNode {
  const { start, end, zone } = props;
  if (start === null || start === undefined || end === null || end === undefined) return <>–</>;
  return (
    <span className="period" title={`${formatUtc(start)} – ${formatUtc(end)}`}>
      {formatPeriod(start, end, zone)}
    </span>
  );
}

export function CopyIcon({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label} withArrow>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              copy();
            }}
            aria-label={copied ? 'Copied' : label}
            className="copy"
          >
            {copied ? <Check size={14} /> : <Copy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An id in grey, to be copied on hover. */
export function Id({ value }: { readonly value: string }): ReactNode {
  return (
    <span className="id">
      <code>{value}</code>
      <CopyIcon value={value} label="Copy the id" />
    </span>
  );
}

/** The name of something that has a page, which a whole row of a list opens. */
export function To(props: { readonly to: string; readonly children: ReactNode; readonly row?: boolean }) {
  return (
    <Anchor component={Link} to={props.to} className={props.row === true ? 'row-link' : undefined} inherit>
      {props.children}
    </Anchor>
  );
}

/** A page of somebody else: a provider's, in a tab of its own. */
export function Out({ to, children }: { readonly to: string; readonly children: ReactNode }): ReactNode {
  return (
    <Anchor href={to} target="_blank" rel="noreferrer" inherit>
      {children}
    </Anchor>
  );
}

/** What somebody has written about a state: short in a table, whole on hover. */
export function Reason({ text }: { readonly text: string | null }): ReactNode {
  if (text === null || text === '') return null;
  return (
    <div className="reason" title={text}>
      {text}
    </div>
  );
}

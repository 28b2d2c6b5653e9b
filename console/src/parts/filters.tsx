import { CloseButton, Group, NativeSelect, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';

/** Filters live in the address, so that a link shows a colleague the same. An empty value is left out. */
export function useAddress<Name extends string>(
  ...names: readonly Name[]
): readonly [Readonly<Record<Name, string>>, (change: Partial<Record<Name, string>>) => void] {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  const change = (next: Partial<Record<Name, string>>): void => {
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        // Another filter begins at its first page.
        if (!('page' in next)) after.delete('page');
        for (const [name, value] of Object.entries<string | undefined>(next))
          if (value === undefined || value === '') after.delete(name);
          else after.set(name, value);
        return after;
      },
      { replace: !('page' in next) },
    );
  };
  return [values, change];
}

const SETTLE_MS = 250;

/** A value that has not changed for a moment: what is typed is not asked for at each letter. */
export function useSettled<T>(value: T, ms = SETTLE_MS): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(value);
    }, ms);
    return () => {
      clearTimeout(timer);
    };
  }, [value, ms]);
  return settled;
}

export function SearchBox(props: {
  readonly label: string;
  readonly value: string;
  readonly change: (text: string) => void;
}): ReactNode {
  const { label, value, change } = props;
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const type = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      change(next);
    }, SETTLE_MS);
  };
  // Another address, by a link or the back button, is shown; what is being typed stays.
  useEffect(() => {
    if (timer.current === undefined) setText(value);
  }, [value]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={16} aria-hidden />}
      rightSection={
        text === '' ? null : (
          <CloseButton
            size="sm"
            aria-label="Clear the search"
            onClick={() => {
              type('');
            }}
          />
        )
      }
      value={text}
      onChange={(event) => {
        type(event.currentTarget.value);
      }}
      className="search"
    />
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Saved views: one of them is pressed. */
export function Views(props: {
  readonly label: string;
  readonly views: readonly Choice[];
  readonly value: string;
  readonly change: (value: string) => void;
}): ReactNode {
  return (
    <div className="views" role="group" aria-label={props.label}>
      {props.views.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => {
            props.change(value);
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

export function Pick(props: {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly change: (value: string) => void;
}): ReactNode {
  return (
    <NativeSelect
      aria-label={props.label}
      data={[...props.choices]}
      value={props.value}
      onChange={(event) => {
        props.change(event.currentTarget.value);
      }}
    />
  );
}

export function Filters({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <Group gap="sm" align="center" role="search">
      {children}
    </Group>
  );
}

import { PasswordInput, Stack, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { fieldError } from '../../api/error';
import type { CredentialField } from '../../api/types';
import { useSettled } from '../../parts/filters';

export type Keys = Readonly<Record<string, string>>;

/** Those that were filled in: what is left empty is not sent, so that the connection may write it itself. */
export const filled = (keys: Keys): Record<string, string> =>
  Object.fromEntries(
    Object.entries(keys)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );

export const complete = (fields: readonly CredentialField[], keys: Keys): boolean =>
  fields.every(({ name, required }) => !required || (keys[name] ?? '').trim() !== '');

export function KeyFields(props: {
  readonly fields: readonly CredentialField[];
  readonly value: Keys;
  readonly change: (next: Keys) => void;
  readonly error: unknown;
  /** Of a rotation: everything may be left as it is. */
  readonly keep?: Readonly<Record<string, string>>;
}): ReactNode {
  return (
    <Stack gap="sm">
      {props.fields.map((field) => (
        <KeyField
          key={field.name}
          field={field}
          value={props.value[field.name] ?? ''}
          change={(text) => {
            props.change({ ...props.value, [field.name]: text });
          }}
          error={props.error}
          kept={props.keep?.[field.name]}
        />
      ))}
    </Stack>
  );
}

function KeyField(props: {
  readonly field: CredentialField;
  readonly value: string;
  readonly change: (text: string) => void;
  readonly error: unknown;
  readonly kept: string | undefined;
}): ReactNode {
  const { field, value, change, error, kept } = props;
  const settled = useSettled(value.trim(), 500);
  const wrong =
    settled !== '' && field.pattern !== null && !new RegExp(field.pattern).test(settled)
      ? `This does not look like “${field.label}”: it should be like ${field.example}`
      : undefined;
  const given =
    fieldError(error, field.name) ?? fieldError(error, `encrypted_secret_data.${field.name}`) ?? wrong;
  const common = {
    label: field.label,
    description: field.description,
    placeholder: kept ?? field.example,
    required: field.required && kept === undefined,
    value,
    autoComplete: 'off',
    error: given,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
      change(event.currentTarget.value);
    },
  };
  return field.secret ? <PasswordInput {...common} /> : <TextInput {...common} />;
}

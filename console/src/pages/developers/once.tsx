import { Alert, Code, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyIcon } from '../../parts/text';

/** A secret is answered once and stored as its hash: whoever does not copy it now needs a new one. */
export function ShownOnce({ what, value }: { readonly what: string; readonly value: string }): ReactNode {
  return (
    <Alert color="indigo" variant="outline" title={`${what}: it is shown only now`}>
      <Group wrap="nowrap" gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code>
        <CopyIcon value={value} label={`Copy ${what.toLowerCase()}`} />
      </Group>
    </Alert>
  );
}

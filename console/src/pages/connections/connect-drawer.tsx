import { Button, Drawer, Group, Stack, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Connection, Integration } from '../../api/types';
import { useRequestKey } from '../../parts/sheet';
import { Problem } from '../../parts/states';
import { complete, filled, KeyFields, type Keys } from './keys';
import { SwitchList, type Switches } from './switches';
import { WebhookStep } from './webhook-step';

export function ConnectDrawer(props: {
  readonly integration: Integration | undefined;
  readonly close: () => void;
}): ReactNode {
  const { integration, close } = props;
  return (
    <Drawer
      opened={integration !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title={integration === undefined ? '' : `Connect ${integration.display_name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {integration !== undefined && (
        <Steps key={integration.provider} integration={integration} close={close} />
      )}
    </Drawer>
  );
}

function Steps({ integration, close }: { readonly integration: Integration; readonly close: () => void }) {
  const { display_name: name, credential_fields: fields } = integration;
  const [title, setTitle] = useState(name);
  const [keys, setKeys] = useState<Keys>({});
  const [switches, setSwitches] = useState<Switches>({});
  const requestKey = useRequestKey();
  const connect = useAction(async () => {
    const content = {
      provider_type: integration.provider,
      name: title.trim(),
      encrypted_secret_data: filled(keys),
      sync_config: switches,
    };
    return body(client.POST('/v1/connections', { body: content, params: { header: requestKey(content) } }));
  }, `${name} is connected`);
  const connection: Connection | undefined = connect.data;
  const needed = fields.filter(({ required }) => required);
  const others = fields.filter(({ required }) => !required);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        connect.mutate(undefined);
      }}
    >
      <ol className="steps">
        <li data-done={connection !== undefined}>
          <h3>A name</h3>
          <TextInput
            label="Name"
            description="How this connection is called here. An environment may have several."
            required
            value={title}
            disabled={connection !== undefined}
            error={fieldError(connect.error, 'name')}
            onChange={(event) => {
              setTitle(event.currentTarget.value);
            }}
          />
        </li>
        {connection === undefined && (
          <li>
            <h3>Keys</h3>
            <KeyFields fields={needed} value={keys} change={setKeys} error={connect.error} />
            {others.length > 0 && (
              <details className="raw">
                <summary>What may be left empty</summary>
                <Stack mt="sm">
                  <KeyFields fields={others} value={keys} change={setKeys} error={connect.error} />
                </Stack>
              </details>
            )}
          </li>
        )}
        <li data-done={connection !== undefined}>
          <h3>What to keep in step</h3>
          <SwitchList
            integration={integration}
            value={switches}
            change={setSwitches}
            disabled={connection !== undefined}
          />
        </li>
        <li data-done={connection !== undefined}>
          <h3>Connect</h3>
          {connection === undefined ? (
            <Stack>
              <Problem error={connect.error} />
              <Group>
                <Button
                  type="submit"
                  loading={connect.isPending}
                  disabled={title.trim() === '' || !complete(fields, keys)}
                >
                  Check the keys and connect
                </Button>
              </Group>
            </Stack>
          ) : (
            <p>
              {name} has accepted the keys
              {connection.account_id === null ? '' : ` of the account ${connection.account_id}`}.
            </p>
          )}
        </li>
        {connection !== undefined && (
          <li>
            <h3>Webhooks</h3>
            <WebhookStep connection={connection} name={name} />
            <Group mt="md">
              <Button component={Link} to={`/connections/${connection.id}`}>
                Open the connection
              </Button>
              <Button variant="default" onClick={close}>
                Close
              </Button>
            </Group>
          </li>
        )}
      </ol>
    </form>
  );
}

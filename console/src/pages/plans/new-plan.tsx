import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import { Card, Page } from '../../parts/page';
import { useRequestKey } from '../../parts/sheet';
import { Problem } from '../../parts/states';
import { isComplete, NEW_TIERS, toRequest, type PriceDraft } from './price-draft';
import { PriceEditor } from './price-editor';

const PERIODS = [
  { value: 'MONTHLY', label: 'Every month' },
  { value: 'QUARTERLY', label: 'Every quarter' },
  { value: 'HALF_YEARLY', label: 'Every half-year' },
  { value: 'ANNUAL', label: 'Every year' },
  { value: 'WEEKLY', label: 'Every week' },
  { value: 'DAILY', label: 'Every day' },
] as const;

let drawn = 0;
const newPrice = (): PriceDraft => {
  drawn += 1;
  return { key: drawn, name: '', featureId: '', model: 'flat', amount: '', per: '1000', tiers: NEW_TIERS };
};

export function Component(): ReactNode {
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [name, setName] = useState('');
  const [lookupKey, setLookupKey] = useState('');
  const [currency, setCurrency] = useState('usd');
  const [period, setPeriod] = useState<(typeof PERIODS)[number]['value']>('MONTHLY');
  const [prices, setPrices] = useState<readonly PriceDraft[]>(() => [newPrice()]);
  const make = useAction(() => {
    const content = {
      name: name.trim(),
      currency: currency.trim().toLowerCase(),
      billing_period: period,
      ...(lookupKey.trim() === '' ? {} : { lookup_key: lookupKey.trim() }),
      prices: prices.map(toRequest),
    };
    return body(client.POST('/v1/plans', { body: content, params: { header: requestKey(content) } }));
  }, 'The plan is made');
  const ready = name.trim() !== '' && /^[a-z]{3}$/i.test(currency.trim()) && prices.every(isComplete);
  return (
    <Page title="Make a plan" under={{ to: '/plans', label: 'Plans' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(undefined, { onSuccess: (plan) => void navigate(`/plans/${plan.id}`) });
        }}
      >
        <Stack>
          <Card>
            <Group grow preventGrowOverflow={false} align="flex-start">
              <TextInput
                label="Name"
                required
                miw={200}
                value={name}
                error={fieldError(make.error, 'name')}
                onChange={(event) => {
                  setName(event.currentTarget.value);
                }}
              />
              <TextInput
                label="Your id"
                miw={200}
                value={lookupKey}
                error={fieldError(make.error, 'lookup_key')}
                onChange={(event) => {
                  setLookupKey(event.currentTarget.value);
                }}
              />
              <TextInput
                label="Currency"
                required
                miw={120}
                value={currency}
                error={fieldError(make.error, 'currency')}
                onChange={(event) => {
                  setCurrency(event.currentTarget.value);
                }}
              />
              <NativeSelect
                label="Billed"
                miw={160}
                data={[...PERIODS]}
                value={period}
                onChange={(event) => {
                  setPeriod(event.currentTarget.value as typeof period);
                }}
              />
            </Group>
          </Card>
          {prices.map((draft) => (
            <PriceEditor
              key={draft.key}
              draft={draft}
              currency={/^[a-z]{3}$/i.test(currency.trim()) ? currency.trim() : 'usd'}
              change={(next) => {
                setPrices((all) => all.map((one) => (one.key === next.key ? next : one)));
              }}
              remove={() => {
                setPrices((all) => all.filter(({ key }) => key !== draft.key));
              }}
            />
          ))}
          <Group>
            <Button
              variant="default"
              onClick={() => {
                setPrices((all) => [...all, newPrice()]);
              }}
            >
              Add a price
            </Button>
          </Group>
          <Alert variant="outline" color="indigo">
            <Text size="sm">
              Nobody is charged by this: customers subscribe to the plan afterwards. Prices are not changed
              later; a new version begins instead.
            </Text>
          </Alert>
          <Problem error={make.error} />
          <Group>
            <Button type="submit" loading={make.isPending} disabled={!ready}>
              Make the plan
            </Button>
            <Button component={Link} to="/plans" variant="default">
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}

import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { formatMoney } from '../../format/money';
import { FeaturePicker } from '../../parts/pickers';
import {
  estimate,
  isComplete,
  isNumber,
  NEW_TIERS,
  sumOf,
  type Model,
  type PriceDraft,
  type TierDraft,
} from './price-draft';

const MODELS = [
  { value: 'flat', label: 'The same for each unit, or a fixed fee' },
  { value: 'package', label: 'By packages: each one begun is charged' },
  { value: 'tiered', label: 'Tiers: each prices its own part' },
  { value: 'volume', label: 'Volume: one tier prices everything' },
] as const;

export function PriceEditor(props: {
  readonly draft: PriceDraft;
  readonly currency: string;
  readonly change: (draft: PriceDraft) => void;
  readonly remove: () => void;
}): ReactNode {
  const { draft, change, currency } = props;
  const set = (part: Partial<PriceDraft>): void => {
    change({ ...draft, ...part });
  };
  const tiers = draft.model === 'tiered' || draft.model === 'volume';
  return (
    <fieldset className="card">
      <legend>
        <Text span fw={600}>
          {draft.name.trim() === '' ? 'Price' : draft.name}
        </Text>
      </legend>
      <Stack>
        <Group grow preventGrowOverflow={false} align="flex-start">
          <TextInput
            label="Name on the invoice"
            miw={200}
            value={draft.name}
            onChange={(event) => {
              set({ name: event.currentTarget.value });
            }}
          />
          <FeaturePicker
            label="Feature (none: a fixed fee)"
            value={draft.featureId}
            error={
              tiers && draft.featureId === '' ? 'Tiers need a feature whose usage they price' : undefined
            }
            change={(featureId) => {
              set({ featureId });
            }}
          />
          <NativeSelect
            label="How it is priced"
            miw={200}
            data={[...MODELS]}
            value={draft.model}
            onChange={(event) => {
              set({ model: event.currentTarget.value as Model });
            }}
          />
        </Group>
        {tiers ? (
          <Tiers
            tiers={draft.tiers}
            change={(next) => {
              set({ tiers: next });
            }}
          />
        ) : (
          <Group align="flex-start">
            <TextInput
              label={`Amount in ${currency.toUpperCase()}`}
              inputMode="decimal"
              required
              value={draft.amount}
              onChange={(event) => {
                set({ amount: event.currentTarget.value });
              }}
            />
            {draft.model === 'package' && (
              <TextInput
                label="For this many units"
                inputMode="numeric"
                required
                value={draft.per}
                onChange={(event) => {
                  set({ per: event.currentTarget.value });
                }}
              />
            )}
          </Group>
        )}
        <Estimate draft={draft} currency={currency} />
        <Group justify="flex-end">
          <Button size="xs" variant="default" onClick={props.remove}>
            Remove the price
          </Button>
        </Group>
      </Stack>
    </fieldset>
  );
}

function Tiers(props: {
  readonly tiers: readonly TierDraft[];
  readonly change: (tiers: readonly TierDraft[]) => void;
}): ReactNode {
  const tiers = props.tiers.length === 0 ? NEW_TIERS : props.tiers;
  const set = (index: number, part: Partial<TierDraft>): void => {
    props.change(tiers.map((tier, at) => (at === index ? { ...tier, ...part } : tier)));
  };
  return (
    <Stack gap="xs">
      {tiers.map((tier, index) => {
        const last = index === tiers.length - 1;
        return (
          <Group key={index} align="flex-end" gap="xs">
            <TextInput
              label={`Up to, tier ${index + 1}`}
              placeholder={last ? 'no end' : ''}
              inputMode="decimal"
              value={tier.upTo}
              w={130}
              onChange={(event) => {
                set(index, { upTo: event.currentTarget.value });
              }}
            />
            <TextInput
              label={`Per unit, tier ${index + 1}`}
              inputMode="decimal"
              value={tier.unit}
              w={130}
              onChange={(event) => {
                set(index, { unit: event.currentTarget.value });
              }}
            />
            <TextInput
              label={`Plus, tier ${index + 1}`}
              placeholder="0"
              inputMode="decimal"
              value={tier.flat}
              w={110}
              onChange={(event) => {
                set(index, { flat: event.currentTarget.value });
              }}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Remove tier ${index + 1}`}
              disabled={tiers.length === 1}
              onClick={() => {
                props.change(tiers.filter((_tier, at) => at !== index));
              }}
            >
              <Trash2 size={16} />
            </ActionIcon>
          </Group>
        );
      })}
      <Group>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            props.change([...tiers, { upTo: '', unit: '', flat: '' }]);
          }}
        >
          Add a tier
        </Button>
      </Group>
    </Stack>
  );
}

function Estimate({ draft, currency }: { readonly draft: PriceDraft; readonly currency: string }): ReactNode {
  const [quantity, setQuantity] = useState('1000');
  if (!isComplete(draft)) return null;
  const byUsage = draft.featureId !== '';
  const parts = !byUsage || isNumber(quantity) ? estimate(draft, quantity.trim()) : undefined;
  return (
    <div className="curl">
      <Group align="flex-end" gap="md">
        {byUsage && (
          <TextInput
            label="What would this many units cost?"
            inputMode="decimal"
            value={quantity}
            w={220}
            onChange={(event) => {
              setQuantity(event.currentTarget.value);
            }}
          />
        )}
        {parts !== undefined && (
          <div role="status">
            {byUsage && parts.length > 0 && (
              <Text size="xs" c="dimmed">
                {parts.map(({ text }) => text).join('  +  ')}
              </Text>
            )}
            <span className="big-figure">{formatMoney(sumOf(parts), currency)}</span>
            <Text size="xs" c="dimmed">
              before discounts and taxes
            </Text>
          </div>
        )}
      </Group>
    </div>
  );
}

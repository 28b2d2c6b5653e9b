import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Coupon } from '../../api/types';
import { formatMoney, formatQuantity } from '../../format/money';
import { useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id } from '../../parts/text';

export const amountOff = (one: Coupon): string =>
  one.type === 'percentage'
    ? `${formatQuantity(one.percentage_off ?? '0')} %`
    : formatMoney(one.amount_off ?? '0', one.currency ?? 'usd');

const lasts = (one: Coupon): string =>
  one.cadence === 'repeated'
    ? `${one.duration_in_periods ?? 0} periods`
    : one.cadence === 'once'
      ? 'once'
      : 'for ever';

export function Component(): ReactNode {
  const [at, go] = useAddress('page');
  const [adding, setAdding] = useState(false);
  const coupons = api.useQuery('post', '/v1/coupons/search', {
    body: { limit: PAGE_SIZE, offset: offsetOf(at.page) },
  });
  return (
    <Page
      title="Coupons"
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Make a coupon
        </Button>
      }
    >
      <Table
        label="Coupons"
        rows={coupons.data?.items}
        rowKey={({ id }) => id}
        error={coupons.error}
        retry={coupons.refetch}
        empty={{
          title: 'No coupons yet',
          text: 'A coupon takes something off: a share or an amount, once or in each period.',
          curl: `curl $URL/v1/coupons -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"name": "Launch", "coupon_code": "LAUNCH20", "type": "percentage", "percentage_off": "20", "cadence": "once"}'`,
        }}
        columns={[
          {
            title: 'Name',
            cell: (one) => (
              <>
                {one.name}
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          { title: 'Code', cell: (one) => one.coupon_code ?? '–' },
          { title: 'Takes off', end: true, cell: amountOff },
          { title: 'Lasts', cell: lasts },
          {
            title: 'Redeemed',
            end: true,
            cell: (one) =>
              one.max_redemptions === null
                ? formatQuantity(one.total_redemptions)
                : `${formatQuantity(one.total_redemptions)} of ${formatQuantity(one.max_redemptions)}`,
          },
          { title: 'Until', cell: (one) => <Day at={one.redeem_before} /> },
        ]}
      />
      <Pager of={coupons.data} page={at.page} go={go} />
      <NewCoupon
        open={adding}
        close={() => {
          setAdding(false);
        }}
      />
    </Page>
  );
}

function NewCoupon({ open, close }: { readonly open: boolean; readonly close: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [type, setType] = useState<'percentage' | 'fixed'>('percentage');
  const [off, setOff] = useState('');
  const [currency, setCurrency] = useState('usd');
  const [cadence, setCadence] = useState<'once' | 'repeated' | 'forever'>('once');
  const [periods, setPeriods] = useState('3');
  const requestKey = useRequestKey();
  const make = useAction(() => {
    const content = {
      name: name.trim(),
      type,
      cadence,
      ...(code.trim() === '' ? {} : { coupon_code: code.trim() }),
      ...(type === 'percentage'
        ? { percentage_off: off.trim() }
        : { amount_off: off.trim(), currency: currency.trim().toLowerCase() }),
      ...(cadence === 'repeated' ? { duration_in_periods: Number(periods) } : {}),
    };
    return body(client.POST('/v1/coupons', { body: content, params: { header: requestKey(content) } }));
  }, 'The coupon is made');
  return (
    <Sheet
      title="Make a coupon"
      open={open}
      close={close}
      button="Make the coupon"
      disabled={name.trim() === '' || !/^\d+(\.\d+)?$/.test(off.trim())}
      action={make}
      submit={() => {
        make.mutate(undefined, { onSuccess: close });
      }}
    >
      <TextInput
        label="Name"
        required
        value={name}
        error={fieldError(make.error, 'name')}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Code"
        value={code}
        error={fieldError(make.error, 'coupon_code')}
        onChange={(event) => {
          setCode(event.currentTarget.value);
        }}
      />
      <NativeSelect
        label="Kind"
        data={[
          { value: 'percentage', label: 'A share' },
          { value: 'fixed', label: 'An amount' },
        ]}
        value={type}
        onChange={(event) => {
          setType(event.currentTarget.value as typeof type);
        }}
      />
      <TextInput
        label={type === 'percentage' ? 'Percent off' : 'Amount off'}
        inputMode="decimal"
        required
        value={off}
        error={fieldError(make.error, type === 'percentage' ? 'percentage_off' : 'amount_off')}
        onChange={(event) => {
          setOff(event.currentTarget.value);
        }}
      />
      {type === 'fixed' && (
        <TextInput
          label="Currency"
          required
          value={currency}
          error={fieldError(make.error, 'currency')}
          onChange={(event) => {
            setCurrency(event.currentTarget.value);
          }}
        />
      )}
      <NativeSelect
        label="Lasts"
        data={[
          { value: 'once', label: 'Once' },
          { value: 'repeated', label: 'For some periods' },
          { value: 'forever', label: 'For ever' },
        ]}
        value={cadence}
        onChange={(event) => {
          setCadence(event.currentTarget.value as typeof cadence);
        }}
      />
      {cadence === 'repeated' && (
        <TextInput
          label="Periods"
          inputMode="numeric"
          required
          value={periods}
          error={fieldError(make.error, 'duration_in_periods')}
          onChange={(event) => {
            setPeriods(event.currentTarget.value);
          }}
        />
      )}
    </Sheet>
  );
}

import { newId } from '../core/ids.js';
import { create } from './changes.js';
import { now, type Ctx } from './context.js';
import { invalid, noSuch } from './errors.js';
import type { StripeObject } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

/** What metered prices count by. The usage itself is not played: no meter events come in here. */
type Meter = StripeObject;

function createMeter(ctx: Ctx, params: Params): Meter {
  const formula = params.object('default_aggregation')?.require('formula');
  if (formula === undefined || !['count', 'last', 'sum'].includes(formula)) {
    throw invalid(
      'Invalid default_aggregation[formula]: must be one of count, last, sum',
      'default_aggregation',
    );
  }
  const created = now(ctx);
  return create(ctx, ctx.account.meters, {
    id: newId('mtr_', 24),
    object: 'billing.meter',
    created,
    customer_mapping: {
      event_payload_key:
        params.object('customer_mapping')?.string('event_payload_key') ?? 'stripe_customer_id',
      type: 'by_id',
    },
    default_aggregation: { formula },
    display_name: params.require('display_name'),
    event_name: params.require('event_name'),
    event_time_window: null,
    livemode: ctx.account.livemode,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: created,
    value_settings: {
      event_payload_key: params.object('value_settings')?.string('event_payload_key') ?? 'value',
    },
  });
}

export function requireMeter(ctx: Ctx, id: string, param = 'id'): Meter {
  const meter = ctx.account.meters.get(id);
  if (meter === undefined) throw noSuch('billing.meter', id, param);
  return meter;
}

export const meterRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/billing/meters', schema: 'MeterCreateParams', run: createMeter },
  {
    method: 'GET',
    url: '/v1/billing/meters',
    schema: undefined,
    run: (ctx, params) =>
      listPage(ctx, '/v1/billing/meters', 'billing.meter', ctx.account.meters.newestFirst(), params),
  },
  {
    method: 'GET',
    url: '/v1/billing/meters/:id',
    schema: undefined,
    run: (ctx, _params, id) => requireMeter(ctx, id),
  },
];

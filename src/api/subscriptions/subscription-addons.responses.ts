import { AddonResponse } from '../addons/addons.responses.js';
import type { SubscriptionAddon } from '../../subscriptions/subscription-addons.service.js';
import { SubscriptionResponse } from './subscriptions.responses.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';

export class AddonAssociationResponse {
  id!: string;
  addon_id!: string;
  addon!: AddonResponse | null;
  /** subscription */
  entity_type!: string;
  entity_id!: string;
  subscription!: SubscriptionResponse | null;
  /** active or cancelled; it ends with its subscription. */
  addon_status!: string;
  start_date!: Date;
  end_date!: Date | null;
  cancelled_at!: Date | null;
  cancellation_reason!: string | null;
  metadata!: Record<string, unknown>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class AddAddonResponse extends AddonAssociationResponse {
  /** What was billed at once, when something was. */
  invoice!: InvoiceResponse | null;
  checkout_session!: Record<string, unknown> | null;
}

export function toAddonAssociationResponse(
  row: SubscriptionAddon,
  subscription: Subscription,
  addon: AddonResponse | null,
): AddonAssociationResponse {
  const over = row.addonStatus === 'cancelled' || subscription.subscriptionStatus === 'cancelled';
  return {
    id: row.id,
    addon_id: row.addonId,
    addon,
    entity_type: 'subscription',
    entity_id: row.subscriptionId,
    subscription: null,
    addon_status: over ? 'cancelled' : 'active',
    start_date: row.startDate,
    end_date: row.endDate ?? subscription.endDate,
    cancelled_at: row.cancelledAt ?? subscription.cancelledAt,
    cancellation_reason: row.cancellationReason,
    metadata: row.metadata,
    tenant_id: row.tenantId,
    environment_id: row.environmentId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    created_by: row.createdBy,
    updated_by: row.updatedBy,
  };
}

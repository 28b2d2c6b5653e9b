import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { Customer, CustomerFields } from '../../customers/customers.types.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import type { Ctx } from '../../platform/context.js';
import type { CustomerPush, RemoteCustomer } from '../../providers/provider-objects.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { WalletsService } from '../../wallets/wallets.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { MissingRemoteCustomers } from './missing-remote-customers.service.js';
import { SyncRevival } from './sync-revival.service.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { HANDLED, skipped, type Dispatched } from '../outcomes/dispatched.js';

type Field = Exclude<keyof CustomerFields, 'externalId' | 'metadata' | 'timezone'>;

/** Takes over what a provider shows of a customer, in one transaction. */
@Injectable()
export class InboundCustomers {
  constructor(
    private readonly customers: CustomersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly wallets: WalletsService,
    private readonly mappings: MappingsService,
    private readonly lost: MissingRemoteCustomers,
    private readonly operations: SyncOperationsService,
    private readonly revival: SyncRevival,
    private readonly methods: PaymentMethodsService,
  ) {}

  async changed(ctx: Ctx, connection: Connection, remote: RemoteCustomer): Promise<Dispatched> {
    if (remote.deleted) return this.gone(ctx, connection, remote.remoteId);
    if (remote.foreign) return skipped('the customer belongs to another environment');
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'customer', remote.remoteId);
    // How it pays, and whether it can be written to, follows whatever the switches say of its fields.
    const isNews = mapping !== null && (await this.consequences(ctx, connection, mapping, remote));
    if (!connection.syncConfig.customer.inbound)
      return isNews ? HANDLED : skipped('customer.inbound is switched off');
    return mapping === null
      ? this.arrived(ctx, connection, remote)
      : this.updated(ctx, connection, mapping, remote);
  }

  /** Which method is its default now; and that it can be reached again, so that what failed for it is tried once more. */
  private async consequences(
    ctx: Ctx,
    connection: Connection,
    { entityId: customerId }: EntityMapping,
    remote: RemoteCustomer,
  ): Promise<boolean> {
    if (remote.email !== undefined && remote.email !== '')
      await this.revival.reviveFor(ctx, customerId, connection.id);
    return (
      remote.defaultMethodId !== undefined &&
      this.methods.setDefault(ctx, { customerId, connectionId: connection.id }, remote.defaultMethodId)
    );
  }

  /** One that is not known yet: our own before its push was written down, one with a known external id, or a new one. */
  private async arrived(ctx: Ctx, connection: Connection, remote: RemoteCustomer): Promise<Dispatched> {
    if (remote.customerId !== undefined) {
      const own = await this.customers.find(ctx, remote.customerId);
      if (own?.status !== 'published') return skipped('the customer names one of ours that does not exist');
      return this.link(ctx, connection, own.id, remote);
    }
    const former = await this.mappings.wasLost(ctx, connection.id, 'customer', remote.remoteId);
    if (former !== null && (await this.customers.find(ctx, former.entityId))?.status !== 'published')
      return skipped('the customer was deleted here');
    const externalId = remote.externalId ?? remote.remoteId;
    const known = await this.customers.findByExternalId(ctx, externalId);
    if (known !== null) return this.own(ctx, connection, known.id, remote);
    const made = await this.customers.create(
      ctx,
      {
        ...fieldsOf(remote),
        externalId,
        name: remote.name ?? remote.email ?? remote.remoteId,
        metadata: remote.metadata,
      },
      connection.id,
    );
    return this.own(ctx, connection, made.id, remote);
  }

  /** One of ours that nobody has marked there: it is marked, or another environment would adopt it. */
  private async own(
    ctx: Ctx,
    connection: Connection,
    customerId: string,
    remote: RemoteCustomer,
  ): Promise<Dispatched> {
    const linked = await this.link(ctx, connection, customerId, remote);
    if (linked === HANDLED && connection.syncConfig.customer.outbound)
      await this.operations.plan(ctx, connection, {
        entityType: 'customer',
        entityId: customerId,
        action: 'mark',
        revision: 1,
      });
    return linked;
  }

  /** A second remote customer for one of ours is a double that somebody made there: the first one stays ours. */
  private async link(
    ctx: Ctx,
    connection: Connection,
    customerId: string,
    remote: RemoteCustomer,
  ): Promise<Dispatched> {
    const mapping = await this.mappings.find(ctx, connection.id, 'customer', customerId);
    const mapped = mapping?.providerEntityId ?? null;
    if (mapped !== null && mapped !== remote.remoteId)
      return skipped(`customer ${customerId} is ${mapped} at the provider, not ${remote.remoteId}`);
    await this.mappings.link(ctx, connection, 'customer', customerId, remote.remoteId, seen(remote));
    return HANDLED;
  }

  /**
   * Only what has changed there since we last looked is taken over. What merely differs is a change of ours that is
   * still on its way, and the echo of what we have sent changes nothing.
   */
  private async updated(
    ctx: Ctx,
    connection: Connection,
    mapping: EntityMapping,
    remote: RemoteCustomer,
  ): Promise<Dispatched> {
    const customer = await this.customers.find(ctx, mapping.entityId);
    if (customer?.status !== 'published') return skipped('the customer was deleted here');
    const { outbound } = connection.syncConfig.customer;
    let change = changesOf(customer, mapping, remote, outbound);
    if (!isEmpty(change)) {
      const told = await this.beingTold(ctx, connection, customer);
      // After the pushes, because one may have been written down since the mapping was read: then it is among neither.
      const latest = await this.mappings.find(ctx, connection.id, 'customer', customer.id);
      change = withoutEchoes(changesOf(customer, latest ?? mapping, remote, outbound), told);
    }
    await this.mappings.link(ctx, connection, 'customer', customer.id, remote.remoteId, seen(remote));
    if (isEmpty(change)) return skipped('nothing of the customer has changed there');
    await this.customers.update(ctx, customer.id, change, connection.id);
    return HANDLED;
  }

  /** Deleted there. With it went its cards; whether it is made again, deleted here or only flagged is up to the switches. */
  async gone(ctx: Ctx, connection: Connection, remoteId: string): Promise<Dispatched> {
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'customer', remoteId);
    if (mapping === null) return skipped('the deleted customer is none of ours');
    const customer = await this.customers.find(ctx, mapping.entityId);
    if (customer?.status !== 'published') {
      await this.mappings.lose(ctx, mapping);
      return HANDLED;
    }
    if (await this.lost.unlink(ctx, connection, customer)) return HANDLED;
    const { inbound } = connection.syncConfig.customer;
    if (!inbound)
      return skipped('deleted at the provider, and no switch says what to do: the mapping is taken off');
    if (await this.isInUse(ctx, customer))
      return skipped(
        'deleted at the provider, and kept here: a subscription or wallet depends on the customer',
      );
    await this.customers.delete(ctx, customer.id, connection.id);
    return HANDLED;
  }

  /** What pushes say whose outcome is not written down yet. */
  private async beingTold(ctx: Ctx, connection: Connection, { id }: Customer): Promise<CustomerPush[]> {
    const unfinished = await this.operations.unfinishedOf(ctx, connection.id, {
      entityType: 'customer',
      entityId: id,
    });
    return unfinished.flatMap(({ action, snapshot }) =>
      action === 'push' && snapshot !== null ? [snapshot as unknown as CustomerPush] : [],
    );
  }

  private async isInUse(ctx: Ctx, { id }: Customer): Promise<boolean> {
    return (
      (await this.subscriptions.hasOpenFor(ctx, { customerId: id })) ||
      (await this.wallets.hasActiveFor(ctx, id))
    );
  }
}

const fieldsOf = (
  remote: Pick<CustomerPush | RemoteCustomer, 'name' | 'email' | 'phone' | 'address'>,
): Record<Field, string | null> => ({
  name: remote.name ?? null,
  email: remote.email ?? null,
  contact: remote.phone ?? null,
  addressLine1: remote.address?.line1 ?? null,
  addressLine2: remote.address?.line2 ?? null,
  addressCity: remote.address?.city ?? null,
  addressState: remote.address?.state ?? null,
  addressPostalCode: remote.address?.postalCode ?? null,
  addressCountry: remote.address?.country ?? null,
});

const SEEN = 'fields_seen';

const digestOf = (value: string | null): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

/** What a mapping remembers of the remote customer: no personal data, only whether a field is another one now. */
export const seen = (remote: RemoteCustomer): Record<string, string> => ({
  [SEEN]: JSON.stringify(
    Object.fromEntries(Object.entries(fieldsOf(remote)).map(([field, value]) => [field, digestOf(value)])),
  ),
});

const isEmpty = (change: CustomerFields): boolean => Object.keys(change).length === 0;

/** What comes back of our own telling was not changed there, though it may have changed here since. */
function withoutEchoes(change: CustomerFields, told: readonly CustomerPush[]): CustomerFields {
  const echoes = told.map(fieldsOf);
  return Object.fromEntries(
    Object.entries(change).filter(
      ([field, value]) => !echoes.some((fields) => fields[field as Field] === value),
    ),
  );
}

/** A field that was emptied there is emptied here only where it is kept in step both ways: else it may never have been there. */
function changesOf(
  customer: Customer,
  mapping: EntityMapping,
  remote: RemoteCustomer,
  bothWays: boolean,
): CustomerFields {
  const before = mapping.metadata[SEEN];
  const known = (before === undefined ? {} : JSON.parse(before)) as Partial<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(fieldsOf(remote)).filter(([field, value]) => {
      if (known[field] === digestOf(value) || customer[field as Field] === value) return false;
      return value !== null || (bothWays && field !== 'name' && known[field] !== undefined);
    }),
  );
}

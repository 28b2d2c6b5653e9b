import type { EntityMappingEntity } from './entity-mapping.entity.js';

export type EntityMapping = Readonly<EntityMappingEntity>;

/** Kinds of entities that can be mapped. */
export const MAPPED_ENTITIES = [
  'customer',
  'plan',
  'invoice',
  'subscription',
  'payment',
  'credit_note',
  'addon',
  'item',
  'item_price',
  'price',
  'invoice_line_item',
  'subscription_line_item',
] as const;
export type MappedEntity = (typeof MAPPED_ENTITIES)[number];

/** The words that classify a price. Source: wire contract, enums. */
export const PRICE_TYPES = ['USAGE', 'FIXED'] as const;
export type PriceType = (typeof PRICE_TYPES)[number];

/** When a line is charged: at the start of its service period or at the end of it. Usage is always charged in arrear. */
export const INVOICE_CADENCES = ['ARREAR', 'ADVANCE'] as const;
export type InvoiceCadence = (typeof INVOICE_CADENCES)[number];

export const BILLING_MODELS = ['FLAT_FEE', 'PACKAGE', 'TIERED'] as const;
export type BillingModel = (typeof BILLING_MODELS)[number];

/** The fields of a price that say how much it is, by their names on the wire. */
export type TermField = 'amount' | 'tiers' | 'tier_mode' | 'transform_quantity';

/** The fields that each model needs. It would ignore the others, so they are refused. */
export const MODEL_FIELDS = {
  FLAT_FEE: ['amount'],
  PACKAGE: ['amount', 'transform_quantity'],
  TIERED: ['tiers', 'tier_mode'],
} as const satisfies Readonly<Record<BillingModel, readonly TermField[]>>;

export const modelNeeds = (model: BillingModel, field: TermField): boolean =>
  (MODEL_FIELDS[model] as readonly TermField[]).includes(field);

/** Those of the given fields that the model would ignore. */
export const ignoredFields = (
  model: BillingModel,
  given: Readonly<Record<TermField, unknown>>,
): readonly TermField[] =>
  (Object.keys(given) as TermField[]).filter(
    (field) => given[field] !== undefined && !modelNeeds(model, field),
  );

/** VOLUME: the tier that the whole quantity reaches prices all of it. SLAB (graduated): each tier prices its own slice. */
export const TIER_MODES = ['VOLUME', 'SLAB'] as const;
export type TierMode = (typeof TIER_MODES)[number];

/** What becomes of a begun package: charged as a full one, or not at all. */
export const PACKAGE_ROUNDINGS = ['up', 'down'] as const;
export type PackageRounding = (typeof PACKAGE_ROUNDINGS)[number];

/** The words that classify a price. Source: wire contract, enums. */
export const PRICE_TYPES = ['USAGE', 'FIXED'] as const;
export type PriceType = (typeof PRICE_TYPES)[number];

/** When a line is charged: at the start of its service period or at the end of it. Usage is always charged in arrear. */
export const INVOICE_CADENCES = ['ARREAR', 'ADVANCE'] as const;
export type InvoiceCadence = (typeof INVOICE_CADENCES)[number];

export const BILLING_MODELS = ['FLAT_FEE', 'PACKAGE', 'TIERED'] as const;
export type BillingModel = (typeof BILLING_MODELS)[number];

/** VOLUME: the tier that the whole quantity reaches prices all of it. SLAB (graduated): each tier prices its own slice. */
export const TIER_MODES = ['VOLUME', 'SLAB'] as const;
export type TierMode = (typeof TIER_MODES)[number];

/** What becomes of a begun package: charged as a full one, or not at all. */
export const PACKAGE_ROUNDINGS = ['up', 'down'] as const;
export type PackageRounding = (typeof PACKAGE_ROUNDINGS)[number];

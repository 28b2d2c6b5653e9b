/**
 * Entity identifiers: `<prefix>_<ULID>`, sortable by creation time, opaque to callers.
 * The prefixes are those of the wire contract; ours beyond it are `audit`, `alloc`, `adjust`, `coupon_use`, `credit`,
 * `credit_app`, `dispute`, `job`, `msg`, `op`, `proration`, `refund`, `restate`, `try`, `wha`, `whd`, `whe`, `whep`.
 */
export const ID_PREFIXES = {
  tenant: 'tenant',
  environment: 'env',
  apiKey: 'secret',
  auditEntry: 'audit',
  connection: 'conn',
  mapping: 'eim',
  customer: 'cust',
  feature: 'feat',
  meter: 'meter',
  plan: 'plan',
  price: 'price',
  subscription: 'subs',
  subscriptionLineItem: 'subs_line',
  subscriptionPause: 'pause',
  subscriptionSchedule: 'sched',
  billingRun: 'run',
  event: 'event',
  invoice: 'inv',
  invoiceLineItem: 'inv_line',
  payment: 'pay',
  paymentAttempt: 'attempt',
  paymentMethod: 'pm',
  allocation: 'alloc',
  wallet: 'wallet',
  walletTransaction: 'wtxn',
  checkoutSession: 'cs',
  job: 'job',
  syncOperation: 'op',
  syncAttempt: 'try',
  webhookEvent: 'whe',
  webhookEndpoint: 'whep',
  webhookMessage: 'msg',
  webhookDelivery: 'whd',
  webhookAttempt: 'wha',
  user: 'user',
  group: 'group',
  entitlement: 'ent',
  addon: 'addon',
  addonAssociation: 'addon_assoc',
  coupon: 'coupon',
  couponAssociation: 'coupon_assoc',
  couponApplication: 'coupon_app',
  couponUse: 'coupon_use',
  taxRate: 'taxrate',
  taxAssociation: 'ta',
  taxApplication: 'taxapp',
  creditGrant: 'cg',
  creditGrantApplication: 'cga',
  creditNote: 'cn',
  creditNoteLineItem: 'cn_line',
  creditApplication: 'credit_app',
  usageRestatement: 'restate',
  refund: 'refund',
  dispute: 'dispute',
  proration: 'proration',
  lineCredit: 'credit',
  adjustment: 'adjust',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

// 128 bits in 26 base-32 characters: the first one holds only three bits.
const ULID = '[0-7][0-9A-HJKMNP-TV-Z]{25}';

const PATTERNS = new Map<IdKind, RegExp>(
  (Object.keys(ID_PREFIXES) as IdKind[]).map((kind) => [kind, new RegExp(`^${ID_PREFIXES[kind]}_${ULID}$`)]),
);

export const formatId = (kind: IdKind, ulid: string): string => `${ID_PREFIXES[kind]}_${ulid}`;

export const isId = (kind: IdKind, value: unknown): value is string =>
  typeof value === 'string' && (PATTERNS.get(kind)?.test(value) ?? false);

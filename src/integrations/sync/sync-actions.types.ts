export const SYNC_ACTIONS = [
  'push',
  'mark',
  'mark_paid',
  'settle_part',
  'void',
  'refresh',
  'refund',
  'expire',
  'delete',
  'void_stray',
  'poll',
  'import',
] as const;
export type SyncAction = (typeof SYNC_ACTIONS)[number];

/** `task`: the engine carries it out. `note`: only written into the timeline of what it is about. */
export const SYNC_ACTIONS = {
  push: 'task',
  mark: 'task',
  mark_paid: 'task',
  settle_part: 'task',
  void: 'task',
  refresh: 'task',
  refund: 'task',
  expire: 'task',
  delete: 'task',
  void_stray: 'note',
  poll: 'note',
  import: 'task',
} as const satisfies Readonly<Record<string, 'task' | 'note'>>;

export type SyncAction = keyof typeof SYNC_ACTIONS;
/** What an operation can be planned for. */
export type TaskAction = {
  [A in SyncAction]: (typeof SYNC_ACTIONS)[A] extends 'task' ? A : never;
}[SyncAction];

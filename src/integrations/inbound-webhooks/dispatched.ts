/** What became of an event. `retry`: what it speaks of is not known here yet, and will be. */
export type Dispatched =
  | { readonly outcome: 'handled' }
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'retry'; readonly reason: string };

export const HANDLED: Dispatched = { outcome: 'handled' };
export const skipped = (reason: string): Dispatched => ({ outcome: 'skipped', reason });

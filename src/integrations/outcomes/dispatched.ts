/** What became of an event. `retry`: what it speaks of is not known here yet, and will be. */
export type Dispatched =
  /** With what was left out of it, if anything. */
  | { readonly outcome: 'handled'; readonly note?: string | undefined }
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'retry'; readonly reason: string }
  /** It contradicts our books: nobody but an operator can say which is right, and trying again does not. */
  | { readonly outcome: 'refused'; readonly reason: string };

export const HANDLED: Dispatched = { outcome: 'handled' };

export const skipped = (reason: string): Dispatched => ({ outcome: 'skipped', reason });

export const SUPERSEDED = skipped('it was read again later, and what was read then is taken over');

/** What an operator has to know of a handled event. */
export const handledBut = (
  left: readonly { readonly remoteId: string; readonly reason: string }[],
): Dispatched =>
  left.length === 0
    ? HANDLED
    : {
        outcome: 'handled',
        note: `left out: ${left.map(({ remoteId, reason }) => `${remoteId} (${reason})`).join(', ')}`,
      };

/**
 * What an entity and its remote object had in common when they were last the same. A side that differs from it has
 * been changed since; where both have, the provider's change is taken over, field by field. Without it neither an echo
 * of ours nor a change that is on its way could be told from a change that was made there.
 */
export interface SyncBaseline {
  /** Which reading of the remote object was taken over last. One that began before it says nothing new. */
  readonly read: number;
  readonly common: Readonly<Record<string, unknown>>;
  /** What is being told to the provider just now: when it comes back, it is no news. */
  readonly telling: Readonly<Record<string, unknown>> | null;
}

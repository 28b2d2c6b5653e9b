/**
 * How servers that know nothing of each other agree on the first of an id. A database without transactions cannot
 * refuse the second; so each raises a flag, and then looks: of two that come at once, at least one sees the other.
 *
 * 1. Look. An id that has a finished claim is taken: the event is a copy.
 * 2. Claim the id.
 * 3. Look again. Whoever finds a claim with another content takes its own back, and begins anew in a moment.
 * 4. Store the event. 5. Mark the claims finished.
 *
 * Two contents can never both be stored: each would have had to look before the other's claim was there, and each
 * claimed before it looked. The same content may be stored twice (one of the two had to finish what a killed server
 * began); equal rows are read as one. decisions/0013-event-ids-in-clickhouse.md has the rest.
 */
export interface Claim {
  readonly writeId: string;
  /** What the event would be stored as: its content, and when it occurred. */
  readonly contentHash: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly ageMs: number;
  readonly isWithdrawn: boolean;
  readonly isFinished: boolean;
}

export type Row = Pick<Claim, 'contentHash' | 'occurredAt'>;

/** A writer gives up long before (INSTALL_WITHIN_MS): a claim as old as this, and not finished, has nobody behind it. */
export const ABANDONED_AFTER_MS = 10 * 60_000;
export const INSTALL_WITHIN_MS = 60_000;

export const isSameRow = (a: Row, b: Row): boolean =>
  a.contentHash === b.contentHash && a.occurredAt === b.occurredAt;

/** What has come of an id before anything is claimed. */
export interface Prospect {
  /** The one that has won. */
  readonly settled: Claim | undefined;
  /** Claims that nobody stands behind: whether one of them got as far as storing its event has to be looked up. */
  readonly abandoned: readonly Claim[];
}

export function prospectOf(claims: readonly Claim[]): Prospect {
  const standing = claims.filter((claim) => !claim.isWithdrawn);
  return {
    settled: standing.find((claim) => claim.isFinished),
    abandoned: standing.filter((claim) => !claim.isFinished && claim.ageMs >= ABANDONED_AFTER_MS),
  };
}

/**
 * What an event is stored as when another writer has begun to store the same content: as that one would store it.
 * Without a time of its own, an event differs from its copy in when it came, and must not differ in the store.
 */
export function adopted(
  event: Row & { readonly isTimed: boolean },
  claims: readonly Claim[],
): Claim | undefined {
  return claims
    .filter(
      (claim) =>
        !claim.isWithdrawn &&
        claim.contentHash === event.contentHash &&
        (!event.isTimed || claim.occurredAt === event.occurredAt),
    )
    .sort((a, b) => (a.writeId < b.writeId ? -1 : 1))[0];
}

/** After the claim: whether the event may be stored. `dismissed`: abandoned claims found to have stored nothing. */
export const mayInstall = (
  mine: Row & { readonly writeId: string },
  seen: readonly Claim[],
  dismissed: ReadonlySet<string>,
): boolean =>
  seen.every(
    (claim) =>
      claim.writeId === mine.writeId ||
      claim.isWithdrawn ||
      isSameRow(claim, mine) ||
      (!claim.isFinished && dismissed.has(claim.writeId)),
  );

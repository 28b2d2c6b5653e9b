/**
 * Whop's API by its dates. Shapes differ from date to date, and a caller without one gets those of 2025. A new connection
 * speaks the newest date that is known here; one that has none in its settings was made before, and goes on with the older.
 */
export const OLDER_API_DATE = '2026-07-20';
export const NEWEST_API_DATE = '2026-10-15-1';

export type WhopApiDate = typeof OLDER_API_DATE | typeof NEWEST_API_DATE;

export const apiDateOf = (setting: string | undefined): WhopApiDate =>
  setting === NEWEST_API_DATE ? NEWEST_API_DATE : OLDER_API_DATE;

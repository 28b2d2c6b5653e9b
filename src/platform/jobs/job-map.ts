/**
 * The kinds of jobs and their payloads. Whoever registers the handler of a kind adds it, beside the handler:
 *
 *     declare module '../platform/jobs/job-map.js' {
 *       interface JobMap {
 *         'wallet.close': { readonly walletId: string };
 *       }
 *     }
 *
 * Kinds and payloads are stored, so a change of either has to read what older versions have stored. A handler gets the
 * payload as JSON: dates are strings. See decisions/0036-typed-events-and-jobs.md.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the modules fill it
export interface JobMap {}

export type JobKind = keyof JobMap;

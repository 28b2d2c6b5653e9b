export const RECONCILE_OPTIONS = Symbol('ReconcileOptions');

export interface ReconcileOptions {
  /** How often to ask a provider what its webhooks may have lost. */
  readonly everyMs: number;
}

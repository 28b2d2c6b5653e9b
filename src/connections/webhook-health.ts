export interface WebhookHealth {
  readonly state: 'ok' | 'failing' | 'disabled' | 'off' | 'missing' | 'unknown';
  readonly reason?: string;
  readonly since?: string;
  /** How many deliveries in a row were not accepted. */
  readonly failures: number;
  readonly checkedAt: string;
  /** The last delivery that the provider had given up by then. */
  readonly lastFailureAt?: string;
  readonly replayedAt?: string;
  readonly replayedFrom?: string;
  /** How often since it began to fail. */
  readonly replays?: number;
}

/** Deliveries do not reach us, and somebody should know. One that is missing may never have been wanted. */
export const isBroken = (health: WebhookHealth | null): boolean =>
  health?.state === 'failing' || health?.state === 'disabled' || health?.state === 'off';

export interface CourierOptions {
  /** Waits before the second, third, … attempt, in real milliseconds. Afterwards a delivery is given up. */
  readonly retryDelaysMs: readonly number[];
  readonly timeoutMs: number;
  /** To one endpoint. With more than one they arrive in any order, as in reality. */
  readonly atOnce: number;
}

/** A rendered event on its way to one endpoint. */
export interface Parcel {
  readonly eventId: string;
  readonly type: string;
  readonly account: string;
  readonly endpointId: string;
  readonly url: string;
  readonly body: string;
  /** Called for each attempt: signatures carry the real time of sending. */
  headers(unixSeconds: number): Record<string, string>;
}

export interface Attempt {
  readonly at: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

export type DeliveryStatus = 'queued' | 'sending' | 'waiting' | 'delivered' | 'failed' | 'dropped';

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly account: string;
  readonly endpointId: string;
  readonly url: string;
  readonly createdAt: string;
  readonly status: DeliveryStatus;
  readonly attempts: readonly Attempt[];
}

export interface DeliveryFilter {
  readonly eventId?: string;
  readonly type?: string;
  readonly account?: string;
  readonly status?: DeliveryStatus;
}

export interface Settled {
  readonly delivered: number;
  readonly failed: number;
  /** For a retry or an arranged delay. */
  readonly waiting: number;
  /** Held back by a pause. */
  readonly queued: number;
}

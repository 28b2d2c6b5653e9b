import type { WebhookAttemptEntity, WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import type { WebhookEndpointEntity } from './webhook-endpoint.entity.js';
import type { WebhookMessageEntity } from './webhook-message.entity.js';

export type WebhookEndpoint = Readonly<WebhookEndpointEntity>;
export type WebhookMessage = Readonly<WebhookMessageEntity>;
export type WebhookDelivery = Readonly<WebhookDeliveryEntity>;
export type WebhookAttempt = Readonly<WebhookAttemptEntity>;

export interface NotificationOptions {
  /** Whether endpoints may be in private networks, and reached by plain HTTP. */
  readonly toPrivateAddresses: boolean;
  /** Limit of one try. */
  readonly timeoutMs: number;
}

export const NOTIFICATION_OPTIONS = Symbol('NotificationOptions');

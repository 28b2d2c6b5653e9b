export class WebhookReceivedResponse {
  received!: true;
}

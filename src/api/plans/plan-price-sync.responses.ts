export class PlanPriceSyncResponse {
  message!: string;
  workflow_id!: string;
  /** The request that set it going. */
  run_id!: string;
}

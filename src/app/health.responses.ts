export class HealthResponse {
  /** `ok`, or `unavailable` with status 503. */
  status!: string;
  database!: string;
}

export class LivenessResponse {
  /** `ok` */
  status!: string;
}

/**
 * The one error body that every generation of the clients can read: `code` and `message` at the top for the newer
 * ones, `error` for the older one. `code` is of the contract's closed set; `error.code` says it finer.
 */
export class ErrorResponse {
  /** @example "validation_error" */
  code!: string;
  /** @example "name must be a string" */
  message!: string;
  /** @example 400 */
  http_status_code!: number;
  /**
   * For a validation error, `fields`: one sentence per wrong field.
   * @example { "fields": { "name": "name must be a string" } }
   */
  details!: Record<string, unknown>;
  /** @example false */
  success!: boolean;
  error!: ErrorDetailResponse;
}

export class ErrorDetailResponse {
  message!: string;
  internal_error!: string | null;
  /**
   * Machine-readable; docs/reference/errors.md lists them.
   * @example "card_declined"
   */
  code!: string;
  details!: Record<string, unknown>;
}

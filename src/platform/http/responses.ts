/** The contract's answer to operations that have nothing to show. */
export class SuccessResponse {
  message!: string;
}

/** What the server has refused, in its own words, with the id by which its log names the request. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>>,
    readonly requestId: string | undefined,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** What is wrong with one field of a form, where the server says so. */
  field(name: string): string | undefined {
    const text = this.details[name];
    return typeof text === 'string' ? text : undefined;
  }
}

interface Envelope {
  readonly message?: string;
  readonly details?: Record<string, unknown> | null;
  readonly error?: { readonly code?: string; readonly message?: string };
}

export async function readError(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Envelope;
  return new ApiError(
    response.status,
    body.error?.code ?? '',
    body.message ?? `The server answered ${response.status}.`,
    body.details ?? {},
    response.headers.get('x-request-id') ?? undefined,
  );
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, '', error instanceof Error ? error.message : String(error), {}, undefined);

export const fieldError = (error: unknown, name: string): string | undefined =>
  error instanceof ApiError ? error.field(name) : undefined;

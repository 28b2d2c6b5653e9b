export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly headers: Headers;
}

/** The public API over HTTP, as a customer of it would call it with fetch. */
export class ApiClient {
  constructor(
    readonly url: string,
    readonly key: string | undefined,
    private readonly base = '/v1',
  ) {}

  with(change: { key?: string | undefined; base?: string }): ApiClient {
    return new ApiClient(this.url, 'key' in change ? change.key : this.key, change.base ?? this.base);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${this.base}${path}`, {
      method,
      headers: {
        ...(this.key === undefined ? {} : { 'x-api-key': this.key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('application/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: json && text !== '' ? JSON.parse(text) : text,
    };
  }

  /** The body of an answer with that status; anything else fails with the whole answer in the message. */
  async expect(status: number, method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.send(method, path, body);
    if (answer.status !== status)
      throw new Error(
        `${method} ${path} answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`,
      );
    return answer.body;
  }

  get(path: string): Promise<any> {
    return this.expect(200, 'GET', path);
  }

  create(path: string, body: unknown): Promise<any> {
    return this.expect(201, 'POST', path, body);
  }

  post(path: string, body: unknown = {}): Promise<any> {
    return this.expect(200, 'POST', path, body);
  }

  put(path: string, body: unknown): Promise<any> {
    return this.expect(200, 'PUT', path, body);
  }
}

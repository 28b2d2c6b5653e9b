const PATIENCE_MS = 30_000;

/** The public API, as anybody's program would call it. */
export class Api {
  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  async send(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  get(path: string): Promise<any> {
    return this.send('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<any> {
    return this.send('POST', path, body);
  }

  put(path: string, body: unknown): Promise<any> {
    return this.send('PUT', path, body);
  }
}

/** The sandbox's own controls: the log of what was asked of it. */
export class SandboxControl {
  constructor(private readonly origin: string) {}

  /** `{"POST /v1/invoices": 1}` since the last {@link forgetCalls}. */
  calls(): Promise<Record<string, number>> {
    return this.send('GET', '/requests/counts');
  }

  async forgetCalls(): Promise<void> {
    await this.send('DELETE', '/requests');
  }

  private async send(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.origin}/_sandbox${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`sandbox ${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** What a person does on a hosted page: fills in the test card and presses the button. */
export async function payOnPage(url: string): Promise<void> {
  const response = await fetch(`${url.split('?')[0] ?? url}/submit`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ card_number: '4242424242424242', exp: '12/40', cvc: '123' }),
  });
  if (response.status >= 400) throw new Error(`the page ${url} answered ${response.status}`);
}

/** Looks again until it is so. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${PATIENCE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const paid = (api: Api, invoiceId: string): Promise<any> =>
  until(`the payment of ${invoiceId}`, async () => {
    const invoice = await api.get(`/invoices/${invoiceId}`);
    return invoice.payment_status === 'SUCCEEDED' ? invoice : undefined;
  });

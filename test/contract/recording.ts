export interface RecordedAnswer {
  readonly method: string;
  /** Below the base path, without the query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

export interface Recording {
  readonly answers: readonly RecordedAnswer[];
  stop(): void;
}

/** Keeps every answer that this process gets from that server, whichever client asks. */
export function record(serverUrl: string): Recording {
  const answers: RecordedAnswer[] = [];
  const base = `${serverUrl}/v1`;
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    const request = input instanceof Request ? input : undefined;
    const url = request?.url ?? (input instanceof URL ? input.href : (input as string));
    if (url.startsWith(`${base}/`)) {
      const text = await response.clone().text();
      const contentType = response.headers.get('content-type') ?? '';
      answers.push({
        method: request?.method ?? init?.method ?? 'GET',
        path: new URL(url).pathname.slice('/v1'.length),
        status: response.status,
        contentType,
        body: contentType.startsWith('application/json') && text !== '' ? JSON.parse(text) : text,
      });
    }
    return response;
  };
  return {
    answers,
    stop: () => {
      globalThis.fetch = original;
    },
  };
}

import { Flexprice, ResponseValidationError } from '@flexprice/sdk';
import type { TestApp } from '../support/test-app.js';
import { addressOf, OPERATIONS, routeOf, servedRoutes } from './declared.js';
import { record, type RecordedAnswer, type Recording } from './recording.js';
import { violationsOf } from './shapes.js';

/** The official client as a user of it makes one; it checks every answer against its own schemas. */
export const sdkOf = (server: TestApp, apiKey = server.tenant.apiKey): Flexprice =>
  new Flexprice({ serverURL: `${server.url}/v1`, apiKeyAuth: apiKey });

/** Watches which operations were really called with it, and that none of their answers was refused. */
export class SdkCoverage {
  private readonly recording: Recording;

  constructor(
    private readonly server: TestApp,
    /** First words of the paths that a spec file is responsible for. */
    private readonly tags: readonly string[],
  ) {
    this.recording = record(server.url);
  }

  stop(): void {
    this.recording.stop();
  }

  /** Operations that the SDK has and the server serves, and that no successful call has reached. */
  missing(): string[] {
    const served = new Set(servedRoutes(this.server.app).map(addressOf));
    const ofSdk = OPERATIONS.filter(
      (one) => one.declaredBy.includes('2.0.1') && served.has(addressOf(one)) && this.isOurs(one.path),
    );
    const reached = reachedBy(this.recording.answers);
    return ofSdk.map(addressOf).filter((address) => !reached.has(address));
  }

  /** Answers to whatever was called that are not exactly what is declared. */
  differing(): string[] {
    return answersThatDiffer(this.recording.answers);
  }

  private isOurs(path: string): boolean {
    return this.tags.includes(path.split('/')[1] as string);
  }
}

/** Addresses of the declared operations that were called with success. */
export const reachedBy = (answers: readonly RecordedAnswer[]): Set<string> =>
  new Set(
    answers
      .filter((answer) => answer.status < 300)
      .map((answer) => routeOf(OPERATIONS, answer.method, answer.path))
      .filter((one) => one !== undefined)
      .map(addressOf),
  );

/** Where the generations of the clients disagree, the answer depends on who asks: what SDK 2.0 reads instead. */
const FOR_SDK_2_0: Readonly<Record<string, { readonly success: number; readonly answer: string }>> = {
  recalculateInvoice: { success: 200, answer: 'InvoiceResponse' },
};

/** Successful answers with another code than the declared one, a declared key that lacks, or a kind that differs. */
export function answersThatDiffer(answers: readonly RecordedAnswer[]): string[] {
  const found = answers.flatMap((answer) => {
    const declared = routeOf(OPERATIONS, answer.method, answer.path);
    if (declared === undefined || answer.status >= 300) return [];
    const older = FOR_SDK_2_0[declared.operation];
    const one = older?.success === answer.status ? { ...declared, ...older } : declared;
    const name = `${answer.method} ${one.path}`;
    if (one.success !== null && answer.status !== one.success)
      return [`${name} answers ${answer.status}, not ${one.success}`];
    if (one.answer === null) return [];
    const list = /^\[(\w+)\]$/.exec(one.answer);
    const type =
      name === 'GET /taxes/rates' && Array.isArray(answer.body)
        ? '[ref:TaxRateResponse]' // what SDK 2.0.1 reads there; the published API has a list
        : one.answer.startsWith('{')
          ? one.answer
          : list
            ? `[ref:${String(list[1])}]`
            : `ref:${one.answer}`;
    return violationsOf(answer.body, type).map((violation) => `${name}: ${violation}`);
  });
  return [...new Set(found)];
}

/** The words of a refusal by the client's schemas, where Jest would only print its class. */
export async function accepted<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ResponseValidationError)
      throw new Error(`the SDK refuses our answer: ${error.pretty()}`, { cause: error });
    throw error;
  }
}

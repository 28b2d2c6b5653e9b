/** An answer that says no, in Whop's envelope. */
export class WhopError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
  }

  body(): object {
    return { error: { type: this.type, message: this.message } };
  }
}

export function badRequest(message: string): WhopError {
  return new WhopError(400, 'bad_request', message);
}

export function notFound(noun: string, id: string): WhopError {
  return new WhopError(404, 'not_found', `${noun} ${id} was not found`);
}

/** Well formed, but against the rules. */
export function unprocessable(message: string): WhopError {
  return new WhopError(422, 'unprocessable_entity', message);
}

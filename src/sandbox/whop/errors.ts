/** An answer that says no, in Whop's envelope. */
export class WhopError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }

  body(): object {
    const { type, message, code } = this;
    return { error: { type, message, ...(code === undefined ? {} : { code }) } };
  }
}

export function badRequest(message: string): WhopError {
  return new WhopError(400, 'bad_request', message);
}

/** What the real one has and the sandbox does not play. */
export function notPlayed(what: string): WhopError {
  return new WhopError(400, 'sandbox_not_played', `The sandbox does not play ${what}`, 'sandbox_not_played');
}

export function notFound(noun: string, id: string): WhopError {
  return new WhopError(404, 'not_found', `${noun} ${id} was not found`);
}

/** Well formed, but against the rules. */
export function unprocessable(message: string): WhopError {
  return new WhopError(422, 'unprocessable_entity', message);
}

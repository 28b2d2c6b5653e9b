/** Ends a switch over a union: a member that no case names does not compile. */
export function assertNever(value: never): never {
  throw new RangeError(`not provided for: ${JSON.stringify(value)}`);
}

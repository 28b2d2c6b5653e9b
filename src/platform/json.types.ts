/** A value after it was stored as JSON and read again: dates are strings. */
export type AsJson<T> = unknown extends T
  ? T
  : T extends Date
    ? string
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends object
        ? { readonly [K in keyof T]: AsJson<T[K]> }
        : never;

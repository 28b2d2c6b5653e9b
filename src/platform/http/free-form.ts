/** Names of fields whose keys are the caller's own. */
const names = new Set<string>();

export const markFreeForm = (name: string): void => {
  names.add(name);
};

/**
 * Hides an object under such a name in a function, which class-transformer passes on. Of objects it would make copies: it
 * would leave out what is named as a method of every object, and call what is named `constructor`.
 */
export const wrapFreeForm =
  (value: object): (() => object) =>
  () =>
    value;

export const isFreeForm = (name: string): boolean => names.has(name);

export const unwrapFreeForm = (value: unknown): unknown =>
  typeof value === 'function' ? (value as () => unknown)() : value;

const NO_PACKAGE = /Cannot find (?:package|module) '((?:@[^/']+\/)?[^/'@.][^/']*)/;

/** Where a package is missing that only some applications need: which, and what installs it. */
export class MissingPackageError extends Error {
  constructor(
    readonly what: string,
    readonly missing: string,
    readonly packages: string,
    options: ErrorOptions,
  ) {
    super(`${what}: the package ${missing} is not installed. Run: npm install ${packages}`, options);
    this.name = 'MissingPackageError';
  }
}

/**
 * Loads what needs packages that not every application has. `what` says what for, `packages` names all of them. Whatever else
 * goes wrong is thrown as it is.
 */
export async function loadOptional<T>(what: string, packages: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const missing = isMissing ? NO_PACKAGE.exec(String(message))?.[1] : undefined;
    if (missing === undefined) throw error;
    const all = packages.split(' ').includes(missing) ? packages : `${missing} ${packages}`;
    throw new MissingPackageError(what, missing, all, { cause: error });
  }
}

/** Why a server does not start, in one sentence that says what to do. */
export class StartProblem extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = 'StartProblem';
  }
}

const codeOf = (error: unknown): string => {
  // Several addresses of one name were tried: they have failed alike.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** What can be done about a database that does not let us in, by the code of the system or of Postgres. */
const DATABASE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there: start it, or correct DATABASE_URL',
  ECONNRESET: 'it closes the connection: look at its log, or correct DATABASE_URL',
  ENOTFOUND: 'there is no such host: correct DATABASE_URL',
  EAI_AGAIN: 'its host is not known at the moment: look at the network, or correct DATABASE_URL',
  EHOSTUNREACH: 'its host is not reachable: look at the network, or correct DATABASE_URL',
  ETIMEDOUT: 'it does not answer: look at the network, or correct DATABASE_URL',
  '28000': 'it refuses the user: correct DATABASE_URL, or its pg_hba.conf',
  '28P01': 'it refuses the password: correct DATABASE_URL',
  '3D000': 'there is no database of that name: create it, or correct DATABASE_URL',
  '53300': 'it has no connection left: lower DATABASE_POOL_SIZE, or raise its max_connections',
  '57P03': 'it is starting or stopping: try again in a moment',
};

/** A problem of the database where it is one that the settings can end; the error itself otherwise. */
export function databaseProblem(error: unknown, databaseUrl: string): unknown {
  const remedy = DATABASE[codeOf(error)];
  if (remedy === undefined) return error;
  // Never its user and password.
  const { host, pathname } = new URL(databaseUrl);
  return new StartProblem(`the database at ${host}${pathname} cannot be used: ${remedy}`, error);
}

const PORT: Readonly<Record<string, (name: string) => string>> = {
  EADDRINUSE: (name) => `another program has it: stop that one, or set ${name} to another port`,
  EACCES: (name) => `this user may not take it: set ${name} to a port from 1024 up`,
  EADDRNOTAVAIL: () => 'this machine does not have that address: correct HOST',
};

/** A problem of a port that cannot be listened on; the error itself otherwise. */
export function portProblem(
  error: unknown,
  {
    name,
    host,
    port,
  }: { readonly name: 'PORT' | 'METRICS_PORT'; readonly host: string; readonly port: number },
): unknown {
  const remedy = PORT[codeOf(error)];
  return remedy === undefined
    ? error
    : new StartProblem(`${host}:${port} cannot be listened on: ${remedy(name)}`, error);
}

import { hash } from 'node:crypto';
import pg, { type QueryResult } from 'pg';

export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  /** Not planned anew for its parameters, whatever that looks like to Postgres. */
  readonly isPlannedOnce?: boolean;
}

type Answered = (error: Error | null, result?: QueryResult) => void;

type AskedStatement = PreparedStatement & { readonly answered: Answered };

/** What the driver sends messages by. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: PreparedStatement): void;
  close(what: { type: 'S'; name: string }): void;
  sync(): void;
}

/** The driver's own query. Its types leave out what a class that takes its place is made of. */
interface DriverQuery {
  readonly name?: string;
  readonly _result: { _types?: unknown };
  submit(connection: Connection): null;
  prepare(connection: Connection): void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
  handleEmptyQuery(connection: Connection): void;
  handleError(error: Error, connection: Connection): void;
  handleReadyForQuery(connection: Connection): void;
}
const DriverQuery = pg.Query as unknown as new (
  config: { readonly text: string } & Partial<PreparedStatement>,
  values?: undefined,
  callback?: Answered,
) => DriverQuery;

/**
 * Prepared statements that are sent, run and answered together: one message each way, whatever their number. One that
 * fails fails them all.
 */
export class Batch extends DriverQuery {
  private readonly queries: DriverQuery[];
  private readonly unread: string[] = [];
  private at = 0;
  /** Of a value that cannot be sent: the database has heard of the statements before it, and nobody may be told of them. */
  private unsendable: Error | undefined;

  constructor(statements: readonly AskedStatement[]) {
    super({ text: statements.map(({ text }) => text).join(';\n') }, undefined, () => undefined);
    this.queries = statements.map(
      ({ answered, ...statement }) => new DriverQuery(statement, undefined, answered),
    );
  }

  override submit(connection: Connection): null {
    // One end for all of them. What was left of a statement by a batch that failed makes room for it.
    const together = Object.assign(Object.create(connection) as Connection, {
      sync: () => undefined,
      parse: (statement: PreparedStatement) => {
        if (statement.name !== '') {
          this.unread.push(statement.name);
          connection.close({ type: 'S', name: statement.name });
        }
        connection.parse(statement);
      },
    });
    connection.stream.cork();
    for (const query of this.queries) {
      query._result._types = this._result._types;
      query.handleError = (error) => (this.unsendable = error);
      query.prepare(together);
      Reflect.deleteProperty(query, 'handleError');
      if (this.unsendable !== undefined) break;
    }
    connection.sync();
    connection.stream.uncork();
    return null;
  }

  override handleRowDescription(message: unknown): void {
    this.answering?.handleRowDescription(message);
  }

  override handleDataRow(message: unknown): void {
    this.answering?.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    this.answering?.handleCommandComplete(message, connection);
    this.at += 1;
  }

  private get answering(): DriverQuery | undefined {
    return this.unsendable === undefined ? this.queries[this.at] : undefined;
  }

  override handleError(error: Error, connection: Connection): void {
    for (const name of this.unread) Reflect.deleteProperty(connection.submittedNamedStatements, name);
    for (const query of this.queries) query.handleError(error, connection);
  }

  override handleReadyForQuery(connection: Connection): void {
    if (this.unsendable !== undefined) {
      this.handleError(this.unsendable, connection);
      return;
    }
    for (const query of this.queries) query.handleReadyForQuery(connection);
  }
}

const names = new Map<string, string>();

/** What each batch of a connection begins with: it also says how the statements after it are to be planned. */
export type Preface = (isPlannedOnce: boolean) => PreparedStatement;

const PLAN_ONCE = namedStatement('SET LOCAL plan_cache_mode = force_generic_plan', []);
const PLAN_AS_EVER = namedStatement('SET LOCAL plan_cache_mode = auto', []);

/** A connection, as far as it is asked in batches. */
export interface Askable {
  query(batch: pg.Submittable): unknown;
  readonly preface?: Preface;
  /** It may be somebody else's by now. What is asked of it fails, and is not sent. */
  readonly isOver?: boolean;
}

const waiting = new WeakMap<Askable, AskedStatement[]>();

/** Sends them at once, together. */
export function queryTogether(
  client: Askable,
  statements: readonly PreparedStatement[],
): Promise<QueryResult[]> {
  const asked: AskedStatement[] = [];
  const answers = statements.map((statement) => ask(asked, statement));
  send(client, asked);
  return Promise.all(answers);
}

/** Runs it together with all that is asked of the connection before the program waits for anything. */
export function queryInBatch(client: Askable, statement: PreparedStatement): Promise<QueryResult> {
  const batch = waiting.get(client);
  if (batch !== undefined) return ask(batch, statement);
  const begun: AskedStatement[] = [];
  waiting.set(client, begun);
  process.nextTick(() => {
    waiting.delete(client);
    send(client, begun);
  });
  return ask(begun, statement);
}

function send(client: Askable, asked: readonly AskedStatement[]): void {
  if (client.isOver === true) {
    const late = new Error('asked after the unit of work was over');
    for (const { answered } of asked) answered(late);
  } else client.query(new Batch(framed(asked, client.preface)) as unknown as pg.Submittable);
}

function framed(asked: readonly AskedStatement[], preface: Preface | undefined): readonly AskedStatement[] {
  if (preface !== undefined)
    return [unheard(preface(asked.some(({ isPlannedOnce }) => isPlannedOnce))), ...asked];
  return asked.flatMap((statement) =>
    statement.isPlannedOnce === true ? [unheard(PLAN_ONCE), statement, unheard(PLAN_AS_EVER)] : [statement],
  );
}

/** Should it fail, so does what it goes with. */
const unheard = (statement: PreparedStatement): AskedStatement => ({
  ...statement,
  answered: () => undefined,
});

const ask = (batch: AskedStatement[], statement: PreparedStatement): Promise<QueryResult> =>
  new Promise((resolve, reject) => {
    const answered: Answered = (error, result) => {
      if (error === null) resolve(result as QueryResult);
      else reject(error);
    };
    batch.push({ ...statement, answered });
  });

/** The statement under a name of its own, by which a connection knows it again. */
export function namedStatement(sql: string, parameters: readonly unknown[]): PreparedStatement {
  const name = names.get(sql) ?? hash('sha256', sql).slice(0, 24);
  names.set(sql, name);
  return { name, text: sql, values: [...parameters] };
}

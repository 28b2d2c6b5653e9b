import type { QueryRunner } from 'typeorm';

const OLDEST_RELEASE = 15;

/**
 * Throws where the database is one on which this program would be wrong without failing: where texts are no UTF-8, or times
 * are written as the driver cannot read them.
 */
export async function checkRequirements(runner: QueryRunner): Promise<void> {
  const [found] = (await runner.query(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number,
            current_setting('server_encoding') AS encoding, current_setting('datestyle') AS datestyle`,
  )) as [{ version: string; number: number; encoding: string; datestyle: string }];
  const problems = [
    found.number < OLDEST_RELEASE * 10_000 && `Postgres ${OLDEST_RELEASE} or newer, not ${found.version}`,
    found.encoding !== 'UTF8' && `a database with the encoding UTF8, not ${found.encoding}`,
    !found.datestyle.startsWith('ISO') &&
      `the DateStyle ISO, not ${found.datestyle}: ALTER DATABASE … SET datestyle = 'ISO'`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new Error(`the database is not as it has to be: ${problems.join('; ')}`);
}

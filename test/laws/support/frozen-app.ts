import { WallClock } from '../../../src/platform/time/clock.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

/**
 * A server whose time stands still but where a test moves it: two things that a history does at one instant are done at one
 * instant, and an event can lie exactly on a cut.
 */
export async function startFrozenApp(): Promise<TestApp> {
  const server = await startTestApp();
  const frozen = new Date();
  server.app.get(WallClock, { strict: false }).now = () => frozen;
  return server;
}

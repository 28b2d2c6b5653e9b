import { wireViolations } from './wire-watch.js';

// After each test of each file that has a road: nobody has to remember it.
afterEach(() => {
  expect(wireViolations()).toEqual([]);
});

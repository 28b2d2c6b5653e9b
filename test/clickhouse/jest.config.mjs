import shared from '../../jest.config.mjs';

// As the other system tests; on its own, because it needs an engine of half a gigabyte that `npm ci` does not install.
const system = shared.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'clickhouse',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/clickhouse/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};

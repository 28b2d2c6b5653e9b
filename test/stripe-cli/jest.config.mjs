import shared from '../../jest.config.mjs';

// As the other system tests; on its own, because it needs a program that `npm ci` does not install.
const system = shared.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'stripe-cli',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/stripe-cli/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};

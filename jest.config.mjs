// Jest in CommonJS mode. Nest 12 is ESM-only and Jest on Node 20 cannot require() ESM, while its ESM mode breaks on
// CommonJS packages that require Nest. So every ESM-only package is compiled to CommonJS by SWC, as are our sources.
import fs from 'node:fs';

const esmOnly = [];
const scan = (dir, scope = '') => {
  for (const name of fs.readdirSync(dir)) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@') && scope === '') {
      scan(`${dir}/${name}`, `${name}/`);
      continue;
    }
    const manifest = `${dir}/${name}/package.json`;
    if (fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module')
      esmOnly.push(scope + name);
  }
};
scan(new URL('./node_modules', import.meta.url).pathname);

const swc = (parser) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser,
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    },
  },
];

const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/laws-seed.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.data', '<rootDir>/.cache'],
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript', decorators: true }),
    '^.+\\.m?js$': swc({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // What examples import as a stranger would.
    '^flexprice-nest$': '<rootDir>/src/index.ts',
    '^flexprice-nest/testing$': '<rootDir>/src/testing.ts',
  },
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/oracle/*.spec.ts'],
    },
    {
      ...shared,
      displayName: 'system',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/support/wire-watch.setup.ts'],
      // The oracle is among the unit tests; the others need what `npm ci` does not install: npm run test:clickhouse, test:stripe-cli.
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/oracle/',
        '<rootDir>/test/clickhouse/',
        '<rootDir>/test/stripe-cli/',
      ],
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
    },
  ],
  // On two cores: a worker waits for a third of its time, for timers, the database and servers of its own.
  maxWorkers: 3,
  testTimeout: 90_000,
};

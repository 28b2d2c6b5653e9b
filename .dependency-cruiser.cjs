// The order of the modules: each imports only from those to its left, and of another module only its public files.
// decisions/0002-module-order.md says why.
const MODULES = [
  'domain',
  'platform',
  'providers',
  'tenancy',
  'connections',
  'customers',
  'features',
  'plans',
  'usage',
  'wallets',
  'subscriptions',
  'rating',
  'invoices',
  'payments',
  'billing',
  'prepaid',
  'subscription-changes',
  'integrations',
  'notifications',
  'api',
];

/** The public files of a module: services, types, flows, queries and its module. */
const PUBLIC = '\\.(service|types|module|queries|flow)\\.ts$|^src/api/(api-controller|mount-routes)\\.ts$';
/** The read side of the API: searches tables itself, by the filters of a request. */
const API_QUERIES = '^src/api/[^/]+/[^/]+\\.queries\\.ts$';
const inModules = (names) => `^src/(${names.join('|')})/`;

const toTheRight = MODULES.map((name, index) => ({
  name: `module-order-${name}`,
  comment: `${name} stands left of what it imports. To reach right, append an event to the outbox.`,
  severity: 'error',
  from: { path: inModules([name]), pathNot: '\\.spec\\.ts$' },
  to: {
    path: `${inModules([...MODULES.slice(index + 1), 'app', 'quickstart', 'sandbox'])}|^src/(billing\\.|entities|index|main)`,
  },
}));

const foreignFiles = MODULES.slice(3).map((name) => ({
  name: `private-${name}`,
  comment: `Another module imports a private file of ${name}.`,
  severity: 'error',
  from: {
    path: '^src/',
    pathNot: `${inModules([name])}|^src/entities\\.ts$|^src/billing\\.module\\.ts$|^src/index\\.ts$|${API_QUERIES}`,
  },
  to: { path: inModules([name]), pathNot: PUBLIC },
}));

/** The order of the folders inside a module, where it has several: each imports only from those to its left. */
const FOLDERS = {
  platform: [
    'time',
    'database',
    'secrets',
    'http',
    'metrics',
    'jobs',
    'outbox',
    'clock',
    'idempotency',
    'reseal',
    'worker',
  ],
  integrations: [
    'outcomes',
    'mappings',
    'checkout-sessions',
    'sync',
    'catalogue',
    'subscriptions',
    'inbound-webhooks',
    'checkout',
    'reconcile',
    'manual-sync',
  ],
};
const folderOrder = Object.entries(FOLDERS).flatMap(([module, folders]) => [
  ...folders.slice(0, -1).map((name, index) => ({
    name: `folder-order-${module}-${name}`,
    comment: `${module}/${name} is left of what it imports.`,
    severity: 'error',
    from: { path: `^src/${module}/${name}/`, pathNot: '\\.spec\\.ts$' },
    to: { path: `^src/${module}/(${folders.slice(index + 1).join('|')})/` },
  })),
  {
    name: `folder-order-${module}`,
    comment: `A new folder of ${module} needs its place in the order.`,
    severity: 'error',
    from: { path: `^src/${module}/` },
    to: { path: `^src/${module}/(?!(${folders.join('|')})/)[^/]+/` },
  },
]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...toTheRight,
    ...foreignFiles,
    ...folderOrder,
    {
      name: 'api-queries-read-entities-only',
      severity: 'error',
      from: { path: API_QUERIES },
      to: { path: inModules(MODULES.slice(3, -1)), pathNot: `${PUBLIC}|\\.entity\\.ts$` },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-arithmetic',
      comment: 'The domain knows no framework, no database, no clock and no I/O.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^src/domain/|^node_modules/(decimal\\.js|temporal-polyfill|temporal-spec)/' },
    },
    {
      name: 'adapters-are-islands',
      comment:
        'An adapter knows its SDK, the contract and the domain. Not Nest, not the database, not another adapter.',
      severity: 'error',
      from: { path: '^src/providers/(stripe|whop)/', pathNot: '\\.(spec|module)\\.ts$' },
      to: {
        path: '^src/|^node_modules/',
        pathNot: '^src/domain/|^src/providers/$1/|^src/providers/provider-[a-z]+\\.ts$|^node_modules/stripe/',
      },
    },
    {
      name: 'provider-modules-provide',
      comment: 'The module of a provider provides its adapter, and does nothing else.',
      severity: 'error',
      from: { path: '^src/providers/(stripe|whop)/.+\\.module\\.ts$' },
      to: {
        path: '^src/|^node_modules/',
        pathNot:
          '^src/providers/$1/$1\\.adapter\\.ts$|^src/providers/provider-adapters\\.ts$|^node_modules/@nestjs/common/',
      },
    },
    {
      name: 'only-the-server-names-adapters',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/providers/(stripe|whop)/|^src/testing|^src/app/provider-modules\\.ts$|\\.spec\\.ts$',
      },
      to: { path: '^src/providers/(stripe|whop)/' },
    },
    {
      name: 'only-flows-open-sessions',
      comment:
        'What talks to a provider is named *.flow.ts, so that it is easy to find and never in a transaction.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '\\.flow\\.ts$|^src/connections/(connections\\.module|provider-sessions\\.service)\\.ts$|^src/integrations/inbound-webhooks/webhook-receiver\\.service\\.ts$',
      },
      to: { path: '^src/connections/provider-sessions\\.service\\.ts$' },
    },
    {
      name: 'sandbox-is-an-island',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: '^src/sandbox/' },
    },
    {
      name: 'nobody-needs-the-sandbox',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(sandbox|quickstart)/|\\.spec\\.ts$' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'one-folder-knows-bull',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/(jobs/|platform\\.module\\.ts)' },
      to: { path: '^node_modules/(bull|@nestjs/bull)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

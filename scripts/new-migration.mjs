// `npm run migration -- name-of-the-change`: an empty migration with the next number, listed in migrations/index.ts.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './prepare.mjs';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  console.error('usage: npm run migration -- name-of-the-change');
  process.exit(1);
}
const dir = path.join(root, 'migrations');
const last = Math.max(...fs.readdirSync(dir).map((file) => Number(/^(\d{4})-/.exec(file)?.[1] ?? 0)));
const number = String(last + 1).padStart(4, '0');
const words = name.split('-').map((word) => word[0].toUpperCase() + word.slice(1));
const className = `${words.join('')}17637${number.padStart(8, '0')}`;
const file = `${number}-${name}`;
fs.writeFileSync(
  path.join(dir, `${file}.ts`),
  `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why the schema changes, and what breaks otherwise. */
export class ${className} implements MigrationInterface {
  name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ \`\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ \`\`);
  }
}
`,
);
const index = path.join(dir, 'index.ts');
const text = fs.readFileSync(index, 'utf8');
const lastImport = text.lastIndexOf('\nimport ');
const end = text.indexOf('\n', lastImport + 1) + 1;
fs.writeFileSync(
  index,
  `${text.slice(0, end)}import { ${className} } from './${file}.js';\n${text.slice(end)}`.replace(
    /\n\] as const;/,
    `\n  ${className},\n] as const;`,
  ),
);
console.log(`migrations/${file}.ts`);

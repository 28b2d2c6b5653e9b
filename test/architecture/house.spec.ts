import fs from 'node:fs';
import path from 'node:path';
import { CONTROLLERS } from '../../src/api/api.module.js';
import { mountRoutes } from '../../src/api/mount-routes.js';
import { migrations } from '../../migrations/index.js';
import { unbounded, type OpenApi } from '../support/openapi-bounds.js';

const ROOT = path.join(__dirname, '../..');
const files = (dir: string): string[] =>
  fs
    .readdirSync(path.join(ROOT, dir), { recursive: true })
    .map((file) => path.join(dir, String(file)))
    .filter((file) => file.endsWith('.ts'));
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

const sources = files('src').filter((file) => !file.endsWith('.spec.ts'));
const tests = [...files('src').filter((file) => file.endsWith('.spec.ts')), ...files('test')];

describe('the house', () => {
  it('names providers only in their own folders', () => {
    const allowed =
      /^src\/(providers\/(stripe|whop)\/|app\/provider-modules\.ts|sandbox\/|quickstart\/|app\/docs\.ts)/;
    const naming = sources
      .filter((file) => !allowed.test(file))
      .filter((file) => /stripe|whop/i.test(withoutComments(read(file))));
    expect(naming).toEqual([]);
  });

  it('opens provider sessions only in files that say so', () => {
    const opening = sources.filter(
      (file) => /\bsessions\.open(With)?\(/.test(read(file)) && !file.endsWith('.flow.ts'),
    );
    expect(opening).toEqual([]);
  });

  it('calls no provider inside of a unit of work', () => {
    // A call to a session within the arguments of uow.run: `await session.` or `.payments(connection).` before it closes.
    const calling = sources
      .filter((file) => file.endsWith('.flow.ts'))
      .filter((file) =>
        unitsOfWork(read(file)).some((body) =>
          /\bsession\.(invoices|customers|payments|verify)\b|\.payments\(connection\)\s*\.|\bsessions\.open[^;]*\)\s*\.[a-z]/.test(
            body,
          ),
        ),
      );
    expect(calling).toEqual([]);
  });

  it('keeps files short: one that passes 400 lines holds two things', () => {
    const long = sources.filter((file) => read(file).split('\n').length > 401);
    expect(long).toEqual([]);
  });

  it('keeps the files of the console short and finished, and names no provider in them', () => {
    const console = fs
      .readdirSync(path.join(ROOT, 'console'), { recursive: true })
      .map((file) => path.join('console', String(file)))
      .filter((file) => /(?<!\.gen\.d)\.(tsx?|css)$/.test(file));
    expect(console.length).toBeGreaterThan(50);
    expect(
      console.filter(
        (file) =>
          read(file).split('\n').length > 401 ||
          /\b(TODO|FIXME|XXX)\b/.test(read(file)) ||
          /stripe|whop/i.test(withoutComments(read(file))),
      ),
    ).toEqual([]);
  });

  it('leaves nothing unfinished in a path that a user can reach', () => {
    expect(sources.filter((file) => /\b(TODO|FIXME|XXX)\b/.test(read(file)))).toEqual([]);
  });

  it('switches no test off, and lets none sleep', () => {
    const self = path.relative(ROOT, __filename);
    const others = tests.filter((file) => file !== self);
    expect(
      others.filter((file) => /\b(it|test|describe)\.(only|skip|todo)\(|\bx(it|describe)\(/.test(read(file))),
    ).toEqual([]);
    const sleeping = others
      .filter((file) => file.endsWith('.spec.ts'))
      .filter((file) => /setTimeout\(\s*(resolve|r)\b|\bsleep\(/.test(read(file)));
    expect(sleeping).toEqual([]);
  });

  it('lists every migration, in order', () => {
    const listed = migrations.map((migration) => Number(/\d+$/.exec(migration.name)?.[0]));
    expect(listed).toEqual([...listed].sort((a, b) => a - b));
    expect(fs.readdirSync(path.join(ROOT, 'migrations')).filter((file) => /^\d{4}-/.test(file))).toHaveLength(
      migrations.length,
    );
  });
});

describe('the API', () => {
  it('has each controller in the folder that its paths begin with', () => {
    const elsewhere = sources
      .filter((file) => file.startsWith('src/api/') && file.endsWith('.controller.ts'))
      .flatMap((file) =>
        [...read(file).matchAll(/@(?:OpenApi|Api)Controller\('([^']*)'/g)].map((match) => ({
          file,
          folder: file.split('/')[2],
          segment: match[1]!.split('/')[0],
        })),
      )
      .filter(({ folder, segment }) => folder !== segment);
    expect(elsewhere).toEqual([
      // `/subscription-schedules` is the old name of `/subscriptions/schedules`, served by the same methods.
      expect.objectContaining({ file: 'src/api/subscriptions/subscription-schedules.controller.ts' }),
    ]);
  });

  it('has no route that an earlier one hides: Express takes the first that matches', () => {
    const [routes] = mountRoutes(['v1'], { controllers: CONTROLLERS });
    const controllers = Reflect.getMetadata('controllers', routes!.module) as (new () => object)[];
    const all = controllers.flatMap((controller) => {
      const prototype = controller.prototype as Record<string, object>;
      const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
      return names.flatMap((name) =>
        [(Reflect.getMetadata('path', prototype[name]!) as string | string[] | undefined) ?? []]
          .flat()
          .map((path) => ({
            method: Reflect.getMetadata('method', prototype[name]!) as number,
            path: `/${String(Reflect.getMetadata('path', controller))}/${path}`.replace(/\/+/g, '/'),
          })),
      );
    });
    const matches = (pattern: string, path: string) =>
      new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(path);
    const hidden = all.filter(({ method, path }, index) =>
      all.slice(0, index).some((one) => one.method === method && matches(one.path, path)),
    );
    expect(all.length).toBeGreaterThan(200);
    expect(hidden).toEqual([]);
  });

  it('is reached by nothing but the module that wires it', () => {
    const reaching = sources
      .filter(
        (file) =>
          !/^src\/(api|app|quickstart|testing)\/|^src\/billing\.module\.ts$|^src\/index\.ts$/.test(file),
      )
      .filter((file) => /from '(\.\.?\/)+api\//.test(read(file)));
    expect(reaching).toEqual([]);
  });
});

describe('the documentation', () => {
  it('lists every error code', () => {
    const documented = read('docs/reference/errors.md');
    const codes = new Set(
      sources
        .filter((file) => !/^src\/(sandbox|quickstart|testing)/.test(file))
        .flatMap((file) => [
          ...[...read(file).matchAll(/invalidOperation\(\s*(?:`[^`]*`|'[^']*'|[^,'`]+),\s*'([a-z_]+)'/g)].map(
            (match) => match[1]!,
          ),
          ...[...read(file).matchAll(/\bcode: '([a-z_]+)'/g)].map((match) => match[1]!),
        ]),
    );
    expect(codes.size).toBeGreaterThan(20);
    expect([...codes].filter((code) => !documented.includes(`\`${code}\``)).sort()).toEqual([]);
  });

  it('names tests that exist where it says that a difference is tested', () => {
    const all = tests.map(read).join('\n');
    const cells = read('docs/reference/differences.md')
      .split('\n')
      .filter((line) => line.startsWith('|') && !/^\| (---|difference)/.test(line))
      .map((line) => line.split('|').at(-2)!);
    expect(cells.length).toBeGreaterThan(15);
    const missing = cells
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
      .filter((name) =>
        /^(test|src)\//.test(name)
          ? !fs.existsSync(path.join(ROOT, name.replace(/\*.*$/, '')))
          : !all.includes(name),
      );
    expect(missing).toEqual([]);
  });

  it('shows the fields of every object in the OpenAPI: classes elsewhere than in requests and responses have none', () => {
    const { components } = JSON.parse(read('openapi.json')) as {
      components: { schemas: Record<string, { properties?: object }> };
    };
    // `Object` is a parameter of a query that may be one text or several.
    const empty = Object.entries(components.schemas).filter(
      ([name, { properties = {} }]) => name !== 'Object' && Object.keys(properties).length === 0,
    );
    expect(empty.map(([name]) => name)).toEqual([]);
  });

  it('has an id, a title, and a text of every operation, parameter and tag in the OpenAPI', () => {
    const { paths, tags } = JSON.parse(read('openapi.json')) as {
      paths: Record<string, Record<string, DescribedOperation>>;
      tags: { name: string; description: string }[];
    };
    const operations = Object.entries(paths).flatMap(([route, of]) =>
      Object.entries(of).map(([method, operation]) => ({ name: `${method} ${route}`, ...operation })),
    );
    const known = new Set(tags.filter(({ description }) => description).map(({ name }) => name));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(
      operations.flatMap(({ name, summary, description, parameters = [], tags: of }) => [
        ...(summary && description ? [] : [name]),
        ...of.filter((tag) => !known.has(tag)),
        ...parameters.filter((one) => !one.description).map((one) => `${name} ${one.name}`),
      ]),
    ).toEqual([]);
  });

  it('shows a bound of everything that a request may hold', () => {
    expect(unbounded(JSON.parse(read('openapi.json')) as OpenApi)).toEqual([]);
  });

  it('links to nothing that is not there', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'SECURITY.md',
      ...['docs', 'decisions'].flatMap((dir) =>
        fs
          .readdirSync(path.join(ROOT, dir), { recursive: true })
          .map((file) => path.join(dir, String(file)))
          .filter((file) => file.endsWith('.md')),
      ),
    ];
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map((match) => path.join(path.dirname(page), match[1]!))
        .filter((target) => !fs.existsSync(path.join(ROOT, target))),
    );
    expect(broken).toEqual([]);
  });
});

interface DescribedOperation {
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: { name: string; description?: string }[];
  tags: string[];
}

/** The argument lists of every `uow.run(…)`. */
function unitsOfWork(text: string): string[] {
  return [...text.matchAll(/\buow\.run\(/g)].map((match) => {
    let depth = 0;
    for (let i = match.index + match[0].length - 1; i < text.length; i++) {
      if (text[i] === '(') depth += 1;
      if (text[i] === ')' && --depth === 0) return text.slice(match.index, i);
    }
    return '';
  });
}

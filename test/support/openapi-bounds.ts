/** What of the OpenAPI is looked at here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Operation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A value there is refused with 501, whatever it is. */
export const isRefusedAnyhow = ({ description = '' }: Pick<Schema, 'description'>): boolean =>
  /^(Not supported yet|Only .* is supported yet)/.test(description);

/** Places in requests that have no bound: texts without a length, numbers, lists and maps without an end. */
export function unbounded({ paths, components }: OpenApi): string[] {
  const found = new Set<string>();
  const look = (schema: Schema, path: string, inside: readonly string[]): void => {
    if (isRefusedAnyhow(schema) || schema.enum !== undefined || schema.type === 'boolean') return;
    if (schema.$ref !== undefined) {
      const name = schema.$ref.split('/').at(-1)!;
      if (!inside.includes(name)) look(components.schemas[name]!, name, [...inside, name]);
      return;
    }
    const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? [])];
    for (const part of parts) look(part, path, inside);
    if (!isBounded(schema, parts.length > 0)) found.add(path);
    if (schema.items !== undefined) look(schema.items, `${path}[]`, inside);
    if (typeof schema.additionalProperties === 'object')
      look(schema.additionalProperties, `${path}{}`, inside);
    for (const [name, member] of Object.entries(schema.properties ?? {}))
      look(member, `${path}.${name}`, inside);
  };
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      for (const { name, description, schema = {} } of parameters)
        look(
          description === undefined ? schema : { ...schema, description },
          `${method} ${path}?${name}`,
          [],
        );
      for (const { schema } of Object.values(requestBody?.content ?? {}))
        look(schema, `${method} ${path}`, []);
    }
  return [...found].sort();
}

function isBounded(schema: Schema, hasParts: boolean): boolean {
  switch (schema.type) {
    case 'string':
      return schema.maxLength !== undefined;
    case 'number':
    case 'integer':
      return schema.minimum !== undefined && schema.maximum !== undefined;
    case 'array':
      return schema.maxItems !== undefined && schema.items !== undefined;
    case 'object':
      return schema.additionalProperties === undefined
        ? schema.properties !== undefined
        : schema.maxProperties !== undefined;
    case undefined:
    default:
      return hasParts;
  }
}

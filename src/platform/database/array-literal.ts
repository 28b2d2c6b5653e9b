/** An array parameter as the text that Postgres reads. The driver's own way of it looks at every value's type anew. */
export const arrayLiteral = <T>(rows: readonly T[], element: (row: T, index: number) => string): string =>
  `{${rows.map(element).join(',')}}`;

/** A text, or anything that is written as one, within an array literal. */
export const arrayText = (text: string | null): string =>
  text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

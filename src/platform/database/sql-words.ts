/** Words of our own as a list in SQL: `'DRAFT', 'FINALIZED'`. Not for what a caller sends. */
export const sqlWords = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

/** NUL, and halves of a surrogate pair: no text to Postgres, nor to anything that stores UTF-8. */
const NOT_TEXT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Whether every store keeps the text as it is. */
export const isStorableText = (text: string): boolean => !NOT_TEXT.test(text);

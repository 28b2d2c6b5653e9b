import { inflateSync } from 'node:zlib';

/**
 * The texts of a PDF whose fonts are embedded with a map back to Unicode, page by page. Enough for what our own
 * renderer writes; independent of the library that wrote it.
 */
export function pdfPages(file: Buffer): string[] {
  const objects = readObjects(file);
  return [...objects.values()]
    .filter(({ dict }) => /\/Type \/Page\b/.test(dict))
    .map(({ dict }) => {
      const fonts = fontsOf(dict, objects);
      const content = objects.get(Number(/\/Contents (\d+) 0 R/.exec(dict)?.[1]))?.stream ?? '';
      return textOf(content, fonts);
    });
}

interface PdfObject {
  readonly dict: string;
  readonly stream: string | undefined;
}

function readObjects(file: Buffer): Map<number, PdfObject> {
  const text = file.toString('latin1');
  const objects = new Map<number, PdfObject>();
  for (const match of text.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    const body = match[2] as string;
    const at = body.indexOf('\nstream\n');
    const raw =
      at < 0 ? undefined : Buffer.from(body.slice(at + 8, body.lastIndexOf('\nendstream')), 'latin1');
    const dict = at < 0 ? body : body.slice(0, at);
    const stream =
      raw === undefined
        ? undefined
        : (dict.includes('FlateDecode') ? inflateSync(raw) : raw).toString('latin1');
    objects.set(Number(match[1]), { dict, stream });
  }
  return objects;
}

function fontsOf(page: string, objects: ReadonlyMap<number, PdfObject>): Map<string, Map<string, string>> {
  const resources = objects.get(Number(/\/Resources (\d+) 0 R/.exec(page)?.[1]))?.dict ?? page;
  const fonts = new Map<string, Map<string, string>>();
  for (const [, name, id] of resources.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const font = objects.get(Number(id))?.dict ?? '';
    const map = objects.get(Number(/\/ToUnicode (\d+) 0 R/.exec(font)?.[1]))?.stream ?? '';
    fonts.set(name as string, readMap(map));
  }
  return fonts;
}

/** `<0000> <0002> [<0041> <0042> …]`: glyphs of a range, each with its characters. */
function readMap(map: string): Map<string, string> {
  const glyphs = new Map<string, string>();
  for (const [, first, list] of map.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi))
    [...(list as string).matchAll(/<([0-9a-f ]*)>/gi)].forEach(([, hex], index) => {
      const glyph = (parseInt(first as string, 16) + index).toString(16).padStart(4, '0');
      glyphs.set(
        glyph,
        Buffer.from((hex as string).replaceAll(' ', ''), 'hex')
          .swap16()
          .toString('utf16le'),
      );
    });
  return glyphs;
}

function textOf(content: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  let font: ReadonlyMap<string, string> = new Map();
  const texts: string[] = [];
  for (const [, name, shown] of content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    else
      texts.push(
        [...(shown as string).matchAll(/<([0-9a-f]*)>/gi)]
          .flatMap(([, hex]) => (hex as string).match(/.{4}/g) ?? [])
          .map((glyph) => font.get(glyph.toLowerCase()) ?? '\ufffd')
          .join(''),
      );
  }
  return texts.join('\n');
}

/** Text that is markup already. */
export class Markup {
  constructor(readonly source: string) {}

  toString(): string {
    return this.source;
  }
}

export type Fragment = Markup | string | number | null | undefined | false | readonly Fragment[];

/** Template tag: everything put in is escaped unless it is markup. */
export function html(strings: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  let source = strings[0] ?? '';
  values.forEach((value, index) => {
    source += render(value) + (strings[index + 1] ?? '');
  });
  return new Markup(source);
}

function render(value: Fragment): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.source;
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  return value.map(render).join('');
}

function escape(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5d6b7c;--line:#dfe5ec;--paper:#fff;--ground:#f4f6f9;--accent:#4f46e5;--bad:#b42318;--good:#067647}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#98a5b5;--line:#2b3542;--paper:#161d27;--ground:#0e141c;--accent:#8b85ff;--bad:#ff8f85;--good:#5fd49a}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:8vh auto;padding:0 1rem}main.wide{max-width:72rem;margin:2rem auto}
.card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.5rem;margin-bottom:1rem}
h1{font-size:1.15rem;margin:0 0 .25rem}h2{font-size:1rem;margin:0 0 .5rem}.amount{font-size:2rem;font-weight:650;margin:.25rem 0 1rem}
.soft{color:var(--soft)}.bad{color:var(--bad)}.good{color:var(--good)}
label{display:block;margin:.75rem 0 .25rem;color:var(--soft);font-size:.85rem}
label.check{color:var(--ink);font-size:.95rem}input:not([type=checkbox]),select{width:100%;padding:.55rem .65rem;border:1px solid var(--line);border-radius:8px;background:var(--ground);color:var(--ink);font:inherit}
.row{display:flex;gap:.75rem}.row>*{flex:1}
button{width:100%;margin-top:1.25rem;padding:.7rem;border:0;border-radius:8px;background:var(--accent);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button.plain{background:none;color:var(--soft);border:1px solid var(--line);margin-top:.6rem}
table{width:100%;border-collapse:collapse;font-size:.88rem}th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:500}
td.number,th.number{text-align:right}.scroll{overflow-x:auto}code{font-size:.85em}a{color:var(--accent)}footer{color:var(--soft);font-size:.8rem;text-align:center}`;

export function page(title: string, body: Markup, options: { wide?: boolean } = {}): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <main class="${options.wide === true ? 'wide' : ''}">
          ${body}
          <footer>A sandbox. No money moves, no mail is sent.</footer>
        </main>
      </body>
    </html>`.source;
}

export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

export function table(columns: readonly Column[], rows: readonly (readonly Fragment[])[]): Markup {
  if (rows.length === 0) return html`<p class="soft">None yet.</p>`;
  const align = (index: number): string => (columns[index]?.number === true ? 'number' : '');
  return html`<div class="scroll">
    <table>
      <tr>
        ${columns.map(({ title }, index) => html`<th class="${align(index)}">${title}</th>`)}
      </tr>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell, index) => html`<td class="${align(index)}">${cell}</td>`)}
          </tr>`,
      )}
    </table>
  </div>`;
}

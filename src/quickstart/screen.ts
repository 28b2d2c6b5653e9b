const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const isTerminal = process.stdout.isTTY;
const paint =
  (code: string) =>
  (text: string): string =>
    isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
const green = paint('32');
const dim = paint('2');
const bold = paint('1');

/** The quickstart's lines: one a phase, with a live counter while it runs. */
export class Screen {
  private readonly began = Date.now();

  title(text: string): void {
    say(`\n${bold(text)}`);
  }

  /** Runs a phase and says how it went: what it answers is what the line shows. */
  async phase<T extends { readonly line: string }>(
    name: string,
    work: (count: (text: string) => void) => Promise<T>,
  ): Promise<T> {
    const began = Date.now();
    const count = (text: string): void => {
      if (isTerminal) process.stdout.write(`\r  … ${name}: ${text}\u001b[K`);
    };
    count('');
    try {
      const done = await work(count);
      const took = `${((Date.now() - began) / 1000).toFixed(1)} s`;
      if (isTerminal) process.stdout.write('\r\u001b[K');
      say(`  ${green('✓')} ${name.padEnd(28)} ${done.line} ${dim(`(${took})`)}`);
      return done;
    } catch (error) {
      if (isTerminal) process.stdout.write('\r\u001b[K');
      say(`  ✗ ${name}`);
      throw error;
    }
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] ?? '').length)));
    const line = (cells: readonly string[]): string =>
      `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`;
    say(dim(line(head)));
    for (const row of rows) say(line(row));
  }

  fact(name: string, value: string): void {
    say(`  ${dim(name.padEnd(24))} ${value}`);
  }

  text(text: string): void {
    say(`  ${text}`);
  }

  get elapsedSeconds(): string {
    return ((Date.now() - this.began) / 1000).toFixed(1);
  }
}

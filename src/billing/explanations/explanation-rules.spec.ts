import fs from 'node:fs';
import path from 'node:path';
import { EXPLANATION_RULES } from './explanation-rules.js';

describe('the rules of explanations', () => {
  it('are documented, each with its sentence', () => {
    const page = fs.readFileSync(path.join(__dirname, '../../../docs/reference/explanations.md'), 'utf8');
    const rows = page.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
    const missing = Object.entries(EXPLANATION_RULES).filter(
      ([code, text]) => !rows.some((cells) => cells[1] === `\`${code}\`` && cells[2] === text),
    );
    expect(missing).toEqual([]);
  });
});

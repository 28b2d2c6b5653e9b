import { loadOptional } from './optional-package.js';

const failing = (code: string, message: string) => () =>
  Promise.reject(Object.assign(new Error(message), { code }));

test('names the package that is missing, and what installs it', async () => {
  const load = failing('ERR_MODULE_NOT_FOUND', "Cannot find package '@nestjs/bull' imported from /app/x.js");
  await expect(loadOptional('Jobs on Redis', '@nestjs/bull bull', load)).rejects.toThrow(
    'Jobs on Redis: the package @nestjs/bull is not installed. Run: npm install @nestjs/bull bull',
  );
  const file = failing(
    'MODULE_NOT_FOUND',
    "Cannot find module 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'\nRequire stack:",
  );
  await expect(loadOptional('PDFs', 'pdfkit dejavu-fonts-ttf', file)).rejects.toThrow(
    'dejavu-fonts-ttf is not',
  );
});

test('throws as it is whatever else goes wrong', async () => {
  for (const [code, message] of [
    ['ERR_MODULE_NOT_FOUND', "Cannot find module '/app/dist/lost.js' imported from /app/x.js"],
    ['MODULE_NOT_FOUND', "Cannot find module './lost'"],
    ['EACCES', 'not yours'],
  ] as const)
    await expect(loadOptional('X', 'x', failing(code, message))).rejects.toThrow(message);
});

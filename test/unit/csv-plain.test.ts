/** The fast way through CSV gives what csv-parse gives, bit for bit, or leaves the file to it. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type CsvOptions, parseCsv } from '../../lib/datasets/csv.js';
import { PlainCsvReader } from '../../lib/datasets/csv-plain.js';
import { readCsv } from '../../lib/index.js';
import { native } from '../../lib/native.js';

/** With a comment character csv-parse reads all. */
const slowly = (text: string, options: CsvOptions = {}) => parseCsv(text, { ...options, comment: '\u0001' });
const outcome = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
};
const same = (text: string, options: CsvOptions = {}) => {
  const [fast, slow] = [outcome(() => parseCsv(text, options)), outcome(() => slowly(text, options))];
  expect(fast).toEqual(slow);
  for (const [name, column] of Object.entries(fast as object)) {
    if (column instanceof Float64Array)
      for (const [i, value] of column.entries())
        expect(Object.is(value, (slow as never)[name][i])).toBe(true);
  }
};
const isPlain = (text: string) => {
  const missing = new Set(['', 'NA', 'NaN']);
  const reader = new PlainCsvReader({
    header: true,
    delimiter: ',',
    quote: '"',
    missing,
    isNumber: () => undefined,
  });
  return reader.push(Buffer.from(text)) && reader.finish() !== undefined;
};

describe('the plain reader', () => {
  test.each([
    'a,b\n1,2\n',
    'a,b\r\n1,2\r\n3,4',
    '\ufeffa,b\n1,2\n',
    '\n\n\na,b\n\n1,2\n\n3,4\n\n',
    '\r\n\r\na,b\r\n\r\n1,2\r\n',
    'a,b\n 1 ,\t2\n+3,-4\n-0,0\n',
    'a\n.5\n5.\n1e5\n1E-5\n-1.5e+300\n1e400\n1e-400\n',
    'a\n0.1\n123456789012345678901234567890\n9007199254740993\n9007199254740992\n0.30000000000000004\n',
    'a\n4.9e-324\n2.2250738585072011e-308\n1.7976931348623157e308\n0000000000000000000001.5\n',
    'a,b\n1,NA\nNaN,\nnull,3\n',
    'a,b\nOslo,true\nÅlesund,FALSE\n東京,\n',
    'a\n0x1f\n',
    'a\n1_000\n',
    'a\ninf\n-Infinity\n3\n',
    'a\n3\ninf\n',
    'a\n1\nx\n',
    'a\nNA\nx\n',
    'a,b\n1\n',
    'a,b\n1,2,3\n',
    'a,a\n1,2\n',
    ',b\n1,2\n',
    'a,b\n"1",2\n',
    'a,b\n1,x"y\n',
    'a\r1\r2\r',
    'a\n1.5.5\n',
    'a\n1e\n',
    'a\n-\n',
    'a\n.\n',
    'a,b\n1,2',
    'a',
    '',
    'é,b\n1,2\n',
    'a,b\n,\n,\n',
    'a, b \n1, x \n',
  ])('%j', (text) => same(text));

  test.each<[string, CsvOptions]>([
    ['a\tb\n1\t 2\n\tx\n', { delimiter: '\t' }],
    ['1;2\n3;-\n', { delimiter: ';', header: false, missing: ['-'] }],
    ['1,2\n', { header: ['p', 'q'] }],
    ['1,2\n3,x\n', { header: ['p', 'q'], types: { q: 'text', p: 'text' } }],
    ['p,q\n1,x\n', { types: { q: 'number' } }],
    ['p,q\n1,x\n', { types: { z: 'number' } }],
    ['p,q\n1,true\n', { types: { q: 'boolean' } }],
    ['p,q\n1,yes\n', { types: { q: 'boolean' } }],
    ['p,q\n"1,"2\n', { quote: null }],
    ["p,q\n'1',2\n", { quote: "'" }],
    ['p||q\n1||2\n', { delimiter: '||' }],
    ['p.q\n1.2\n', { delimiter: '.' }],
    ['a\n-999\n1\n', { missing: ['', '-999'] }],
    ['a,b\n-999,x\n1,1e3\n', { missing: ['-999', '1e3'] }],
  ])('%j with %o', (text, options) => same(text, options));

  test('any table of numbers and words', () => {
    const cell = fc.oneof(
      fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(6)),
      fc.integer().map(String),
      fc.constantFrom('', 'NA', 'x', 'Ålesund', ' 7 ', '1e5', '-0', 'true', '.5', '+2'),
    );
    const columns = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        columns,
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 12 }),
        (kinds, line, rows) => {
          const lines = [kinds.map((_, j) => `c${j}`)];
          for (let i = 0; i < rows; i++) lines.push(kinds.map((cells) => cells[i % cells.length]));
          same(lines.map((cells) => cells.join(',')).join(line) + line);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  test('takes files that are plain, and them only', () => {
    expect(isPlain('a,b\n1,x\n2,y\n')).toBe(true);
    for (const text of ['a,b\n"1",2\n', 'a\n1\nx\n', 'a,b\n1\n', 'a,a\n1,2\n'])
      expect(isPlain(text)).toBe(false);
  });

  test('numbers alone, of more bytes than one thread takes at a time', () => {
    const line = (i: number) => [Math.sin(i), i, i % 7 === 0 ? 'NA' : -i / 3, ` ${1e-9 * i}\t`].join(',');
    const lines = Array.from({ length: 2000 }, (_, i) => (i % 1000 === 5 ? `${line(i)}\r\n` : line(i)));
    same(`a,b,c,d\n${lines.join('\n')}`);
    for (const odd of ['1,2,3', '1,2,3,x', '1,2,3,4,5', '1,"2",3,4', '1,2,3\r,4', '1,2,\u00a0,4']) {
      lines[1500] = odd;
      same(`a,b,c,d\n${lines.join('\n')}\n`);
    }
  });

  test('each number is the nearest to what is written, however many digits it has', () => {
    const digits = (max: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
    const written = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits(20),
        fc.option(digits(24)),
        fc.constantFrom('', '', 'e5', 'E-7'),
      )
      .map(([sign, whole, part, power]) => `${sign}${whole}${part === null ? '' : `.${part}`}${power}`);
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 60 }), (cells) => {
        const { a } = parseCsv(`a\n${cells.join('\n')}\n`) as { a: Float64Array };
        expect([...a]).toEqual(cells.map(Number));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('columns grow with a file whose lines become shorter, or longer', () => {
    const half = 3000;
    const long = Array.from({ length: half }, (_, i) => `${i}.${'0'.repeat(40)}`);
    const short = Array.from({ length: half }, (_, i) => `${i % 10}`);
    for (const lines of [
      [...long, ...short],
      [...short, ...long],
    ]) {
      const bytes = Buffer.from(`a\n${lines.join('\n')}\n`);
      const missing = new Set(['']);
      const reader = new PlainCsvReader({
        ...{
          header: true,
          delimiter: ',',
          quote: '"',
          missing,
          isNumber: () => undefined,
          size: bytes.length,
        },
      });
      for (let at = 0; at < bytes.length; at += 4096)
        expect(reader.push(bytes.subarray(at, at + 4096))).toBe(true);
      expect(reader.finish()!.columns).toEqual([Float64Array.from(lines, Number)]);
    }
  });

  test('of bytes beyond the size that was told, columns grow by doubling', () => {
    for (const size of [0, 100, undefined]) {
      const reader = new PlainCsvReader({
        ...{
          header: true,
          delimiter: ',',
          quote: '"',
          missing: new Set(['']),
          isNumber: () => undefined,
          size,
        },
      });
      const csvNumbers = vi.spyOn(native, 'csvNumbers');
      reader.push(Buffer.from('a\n'));
      for (let k = 0; k < 64; k++) reader.push(Buffer.from('1\n'.repeat(1024)));
      const buffers = new Set(csvNumbers.mock.calls.map(([, , , [numbers]]) => numbers.buffer));
      csvNumbers.mockRestore();
      expect(reader.finish()!.columns[0]).toHaveLength(64 * 1024);
      expect(buffers.size).toBeLessThan(10);
    }
  });

  test('the same whatever the chunks', async () => {
    const text = `\ufeffa,b,town\r\n${Array.from({ length: 200 }, (_, i) => `${i / 7},${i},Ål${i % 5}`).join('\r\n')}`;
    const bytes = Buffer.from(text);
    const whole = await readCsv(text);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const reader = new PlainCsvReader({
        ...{ header: true, delimiter: ',', quote: '"', missing: new Set(['']), isNumber: () => undefined },
      });
      for (let at = 0; at < bytes.length; at += size)
        expect(reader.push(Buffer.from(bytes.subarray(at, at + size)))).toBe(true);
      const { names, columns } = reader.finish()!;
      expect(Object.fromEntries(names.map((name, j) => [name, columns[j]]))).toEqual(whole);
    }
  });
});

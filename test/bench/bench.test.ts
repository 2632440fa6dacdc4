/** That the benchmarks run, and that their results become a page with charts. Nothing here looks at a time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../support/examples.ts';

function node(...args: string[]) {
  const child = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  return child.stdout;
}

describe('npm run bench', () => {
  it('runs a suite without any peer and shows its table', () => {
    const results = () => readdirSync(join(root, 'bench/results')).sort();
    const before = results();
    const output = node('bench/run.mjs', '--quick', '--no-peers', 'calls');
    expect(output).toMatch(/matmul f32 16 x 16.*│ 'ns' *│ [\d.]+ /);
    expect(output).toMatch(/exp f64 32.*│ 'ns' *│ [\d.]+ /);
    expect(results()).toEqual(before);
  });

  it('refuses a suite that is not there', () => {
    const child = spawnSync(process.execPath, ['bench/run.mjs', 'nonsense'], { cwd: root, encoding: 'utf8' });
    expect(child.status).toBe(1);
    expect(child.stderr).toContain('There is no suite nonsense');
  });
});

describe('npm run bench:report', () => {
  const out = mkdtempSync(join(tmpdir(), 'boreal-report-'));
  afterAll(() => rmSync(out, { recursive: true }));

  it('makes a page and a light and a dark picture of each chart', () => {
    node('bench/report.mjs', '--results', join(root, 'test/bench/results'), '--out', out);
    const page = readFileSync(join(out, 'performance.md'), 'utf8');
    const named = [...page.matchAll(/img\/[\w-]+\.svg/g)].map(([name]) => name.slice(4));
    expect(named.length).toBeGreaterThan(8);
    expect(readdirSync(join(out, 'img')).sort()).toEqual([...new Set(named)].sort());
    for (const name of named) {
      const svg = readFileSync(join(out, 'img', name), 'utf8');
      expect(svg.startsWith('<svg')).toBe(true);
      expect(svg).not.toMatch(/NaN|undefined|\[object/);
      expect(svg).toContain(name.includes('dark') ? '#0d1117' : '#ffffff');
    }
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('says which targets were missed, by which case and by how much', () => {
    const page = readFileSync(join(out, 'performance.md'), 'utf8');
    const gemm = JSON.parse(readFileSync(join(root, 'test/bench/results/gemm.json'), 'utf8'));
    const missed = gemm.rows.find(
      (row: { group: string; ratio: number }) => row.group === 'square' && row.ratio < 1,
    );
    const line = page.split('\n').find((text) => text.startsWith('| square: at least as fast'));
    expect(line).toContain(`${missed.name}, ${missed.threads} thr (${missed.ratio})`);
  });

  it('holds training against its targets, the quality of the models among them', () => {
    const page = readFileSync(join(out, 'performance.md'), 'utf8');
    const line = (start: string) => page.split('\n').find((text) => text.startsWith(start));
    expect(line('| 15 times scikit-learn')).toContain('2 of 3 | forest, 100000 x 28, 100 trees, 2 thr (13)');
    expect(line('| AUC no more than 0.001 below')).toContain(
      '2 of 3 | forest, 1000000 x 28, 10 trees, 2 thr (-0.0021)',
    );
    expect(line('| a million rows: at least as fast')).toContain(
      '1 of 2 | depth6, 1000000 x 28, 100 trees, 2 thr (0.89)',
    );
    expect(line('| leaves255, 100000 x 28, 100 trees | 1 |')).toBe(
      '| leaves255, 100000 x 28, 100 trees | 1 | 3.5 |  |  | 0.9200 |  |  |  |',
    );
  });
});

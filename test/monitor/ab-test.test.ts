/** Experiments against SciPy's numbers, and the spread of users. */
import { describe, expect, it } from 'vitest';
import { studentCritical, studentTwoSided } from '../../lib/core/distributions/student.js';
import { ABTest } from '../../lib/index.js';
import { bucketOf, pick } from '../../lib/monitor/assign.js';
import { compareOutcomes, Outcomes } from '../../lib/monitor/outcomes.js';

const outcomesOf = (values: ReadonlyArray<number | boolean>) => {
  const outcomes = new Outcomes();
  for (const value of values) outcomes.add(value);
  return outcomes;
};
const rate = (successes: number, count: number) =>
  outcomesOf(Array.from({ length: count }, (_, i) => i < successes));

describe('the t distribution', () => {
  // scipy.stats.t.sf(t, df) * 2
  it.each([
    [0.1, 1, 0.936548965138893],
    [2, 1, 0.2951672353008665],
    [2.5, 3.7, 0.07182202291182678],
    [1e-3, 1000, 0.9992023150184528],
    [12, 5, 7.089492517161522e-5],
    [40, 200, 2.2487396535202197e-97],
    [3, 1e6, 0.0026998625414218],
  ])('of %f with %f degrees of freedom', (t, df, p) => {
    expect(studentTwoSided(t, df) / p).toBeCloseTo(1, 8);
    expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
  });

  // scipy.stats.t.ppf(0.975, df)
  it.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [5, 2.5705818356363146],
    [30, 2.0422724563012378],
    [1000.5, 1.962337892459348],
  ])('its critical value with %f degrees of freedom', (df, t) => {
    expect(studentCritical(0.05, df)).toBeCloseTo(t, 8);
  });

  it('ends', () => {
    expect(studentTwoSided(Infinity, 3)).toBe(0);
    expect(studentTwoSided(0, 3)).toBe(1);
    expect(studentTwoSided(Number.NaN, 3)).toBeNaN();
  });
});

describe('outcomes', () => {
  it('compare rates as scipy.stats.chi2_contingency does, with intervals of Wilson', () => {
    const stats = compareOutcomes(
      new Map([
        ['one', rate(100, 1000)],
        ['two', rate(200, 1000)],
      ]),
    );
    expect(stats).toMatchObject({ metric: 'rate', significant: true, winner: 'two' });
    expect(stats.test).toMatchObject({ name: 'chi-squared', dof: 1 });
    expect(stats.test!.statistic).toBeCloseTo(38.43529411764706, 10);
    expect(stats.test!.pvalue / 5.659947579870983e-10).toBeCloseTo(1, 8);
    expect(stats.variants[0]).toMatchObject({
      outcomes: 1000,
      successes: 100,
      mean: expect.closeTo(0.1, 12),
    });
    // statsmodels.stats.proportion.proportion_confint(10, 100, method='wilson')
    const [few, none] = compareOutcomes(
      new Map([
        ['few', rate(10, 100)],
        ['none', rate(0, 20)],
      ]),
    ).variants;
    expect(few.interval).toEqual([expect.closeTo(0.0552291, 6), expect.closeTo(0.1743657, 6)]);
    expect(none.interval).toEqual([0, expect.closeTo(0.1611252, 6)]);
  });

  it('compare three rates at once, and each with the first', () => {
    const stats = compareOutcomes(
      new Map([
        ['a', rate(30, 200)],
        ['b', rate(45, 200)],
        ['c', rate(60, 200)],
      ]),
    );
    expect(stats.test!.statistic).toBeCloseTo(12.903225806451612, 10);
    expect(stats.test!.pvalue).toBeCloseTo(0.0015779749941570488, 12);
    expect(stats.test!.dof).toBe(2);
    expect(stats.comparisons.map(({ variant }) => variant)).toEqual(['b', 'c']);
    expect(stats.comparisons[1].pvalue).toBeLessThan(0.05);
    expect(stats.comparisons[0].pvalue).toBeGreaterThan(0.05);
    expect(stats.winner).toBe('c');
  });

  it("compare means by Welch's test, as scipy.stats.ttest_ind does", () => {
    const a = outcomesOf([1.5, 2.5, 2, 3, 4, 2.2]);
    const b = outcomesOf([2.5, 3.5, 4, 5, 4.4, 6.1, 3.9]);
    const stats = compareOutcomes(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(stats.test).toMatchObject({ name: 'welch-t' });
    expect(stats.test!.statistic).toBeCloseTo(2.9767027889379363, 10);
    expect(stats.test!.dof).toBeCloseTo(10.90306215147238, 10);
    expect(stats.test!.pvalue).toBeCloseTo(0.012706342098479607, 10);
    expect(stats.variants[0].interval).toEqual([
      expect.closeTo(1.6144526966793376, 8),
      expect.closeTo(3.452213969987329, 8),
    ]);
    expect(stats).toMatchObject({ metric: 'mean', winner: 'b' });
    const back = compareOutcomes(
      new Map([
        ['b', b],
        ['a', a],
      ]),
    );
    expect(back.winner).toBe('b');
    expect(back.verdict).toMatch(/^a is 1.67 below b \(p = 0.013\): unlikely to be chance\.$/);
  });

  it('say so when there is nothing to say', () => {
    const verdict = (...variants: Outcomes[]) => {
      const { test, winner, significant, verdict } = compareOutcomes(
        new Map(variants.map((each, i) => [`v${i}`, each])),
      );
      return { test, winner, significant, verdict };
    };
    expect(verdict()).toMatchObject({ test: null, winner: null });
    expect(verdict(rate(3, 4), rate(3, 10)).verdict).toMatch(
      'Too few outcomes to tell: v0 has fewer than 5.',
    );
    expect(verdict(rate(0, 10), rate(0, 10))).toMatchObject({ significant: false, test: { pvalue: 1 } });
    expect(verdict(rate(5, 10), rate(5, 10)).verdict).toBe('v1 and v0 do equally well.');
    expect(verdict(rate(5, 10), rate(6, 10)).verdict).toMatch('it may well be chance');
    const flat = (x: number) => outcomesOf(Array(10).fill(x));
    expect(verdict(flat(3), flat(3))).toMatchObject({ significant: false });
    expect(verdict(flat(3), flat(4))).toMatchObject({ significant: true, winner: 'v1' });
    expect(JSON.stringify(verdict(flat(3), flat(4)))).not.toMatch('NaN');
  });

  it('can be stored', () => {
    const outcomes = outcomesOf([1.5, 2.5, 9]);
    const copy = Outcomes.from(JSON.parse(JSON.stringify(outcomes)));
    expect([copy.count, copy.mean, copy.variance, copy.binary]).toEqual([
      ...[outcomes.count, outcomes.mean, outcomes.variance, outcomes.binary],
    ]);
  });
});

describe('users', () => {
  it('stand where SHA-256 puts them, in any language', () => {
    // int(hashlib.sha256(b'ab:u1').hexdigest()[:13], 16) / 16**13
    expect(bucketOf('u1', 'ab')).toBe(0.04395475567535745);
    expect(bucketOf('user-17', 'ab')).toBe(0.5050671031093834);
    expect(bucketOf('ä', 'ab')).toBe(0.6992520075788389);
  });

  it('are spread by the weights, and keep their variant when the first share grows', () => {
    const users = Array.from({ length: 20_000 }, (_, i) => bucketOf(String(i), 'x'));
    const share = (weight: number) => {
      const shares = [
        { name: 'new', weight },
        { name: 'old', weight: 1 - weight },
      ];
      return users.map((bucket) => pick(shares, bucket));
    };
    const before = share(0.1);
    const after = share(0.3);
    expect(before.filter((name) => name === 'new').length / users.length).toBeCloseTo(0.1, 1);
    expect(after.filter((name) => name === 'new').length / users.length).toBeCloseTo(0.3, 1);
    expect(before.every((name, i) => name === 'old' || after[i] === 'new')).toBe(true);
    expect(
      pick(
        [
          { name: 'a', weight: 0 },
          { name: 'b', weight: 3 },
        ],
        0,
      ),
    ).toBe('b');
  });
});

describe('ABTest', () => {
  it('gives a user the same variant again, and records by user', () => {
    const test = new ABTest({ a: 'v1', b: 'v2', split: 0.8 });
    const variants = Array.from({ length: 5000 }, (_, i) => test.assign(i));
    expect(variants.filter((variant) => variant === 'a').length / 5000).toBeCloseTo(0.8, 1);
    expect(variants).toEqual(
      Array.from({ length: 5000 }, (_, i) => new ABTest({ a: 1, b: 2, split: 0.8 }).assign(String(i))),
    );
    for (let i = 0; i < 1000; i++) test.record(i, variants[i] === 'b');
    const { variants: stats, winner } = test.stats();
    expect(stats.map(({ variant, mean }) => [variant, mean])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(stats[0].outcomes + stats[1].outcomes).toBe(1000);
    expect(winner).toBe('b');
    expect([test[test.assign(0)], new ABTest({ a: 1, b: 2, split: 1 }).assign('x')]).toEqual([
      expect.any(String),
      'a',
    ]);
  });

  it('refuses what makes no sense', () => {
    const test = new ABTest({ a: 1, b: 2 });
    for (const split of [-0.1, 1.1, Number.NaN, '0.5' as unknown as number])
      expect(() => new ABTest({ a: 1, b: 2, split })).toThrow(/'split' must be in \[0, 1\]/);
    for (const outcome of [Number.NaN, Infinity, 'yes' as unknown as number, undefined as unknown as number])
      expect(() => test.record('a', outcome)).toThrow(/true, false or a finite number/);
  });
});

/** The examples of the guides run, and give what they say. */
import { beforeAll, expect, it } from 'vitest';
import { markdownExamples, runExamples, toModule } from '../support/examples.ts';

const guides = [
  'data',
  'plots',
  'matrix',
  'preprocessing',
  'pipelines',
  'linear-models',
  'naive-bayes',
  'neural-networks',
  'neighbors',
  'quantization',
  'manifold',
  'decomposition',
  'clustering',
  'ensembles',
  'feature-selection',
  'gpu',
  'model-selection',
  'svm',
  'targets',
  'text',
  'trees',
  'autograd',
  'keras',
  'boosting',
  'interchange',
  'explaining',
  'serving-models',
  'serving-images',
  'monitoring',
];
const examples = guides.flatMap((guide) => markdownExamples(`docs/guide/${guide}.md`));
let failures: ReadonlyMap<string, string>;
beforeAll(async () => {
  failures = await runExamples(examples);
}, 240_000);

it('there are examples, and all of them assert something', () => {
  expect(examples.length).toBeGreaterThan(6);
  for (const example of examples)
    expect([example.name, toModule(example).assertions > 0]).toEqual([example.name, true]);
});

it.each(examples)('$name', ({ name }) => {
  expect(failures.get(name)).toBeUndefined();
});

/** Importers: options, refusals that say why, and files that are cut short, damaged or hostile. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  BorealError,
  FileFormatError,
  type ImportedClassifier,
  importCatBoost,
  importLightGBM,
  importONNX,
  importXGBoost,
} from '../../lib/index.js';

const bytesOf = (file: string) => readFileSync(new URL(`../golden/models/${file}`, import.meta.url));
const textOf = (file: string) => bytesOf(file).toString('utf8');
const ROW = [[0.3, -1, 0.2, 7]];
const LINEAR = 'lightgbm-linear-trees.txt';

// biome-ignore lint/suspicious/noExplicitAny: the document of a foreign file
type Json = any;

/** The model of XGBoost with one thing changed. */
function xgboost(change: (model: Json) => void, file = 'xgboost-binary-json.json') {
  const model = JSON.parse(textOf(file));
  change(model);
  return () => importXGBoost(JSON.stringify(model));
}

function lightgbm(from: string | RegExp, to: string, file = 'lightgbm-binary.txt') {
  const text = textOf(file);
  expect(text).toMatch(from);
  return () => importLightGBM(text.replace(from, to));
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as FileFormatError).code).toBe('ERR_IMPORT');
    return (error as Error).message;
  }
  throw new Error('It was imported.');
}

describe('importXGBoost', () => {
  test('reads text and bytes of JSON alike', () => {
    const text = textOf('xgboost-binary-json.json');
    const model = importXGBoost(text);
    expect(importXGBoost(new TextEncoder().encode(`{ ${text.slice(1)}`)).predictSync(ROW)).toEqual(
      model.predictSync(ROW),
    );
    expect(model.params).toEqual({ source: 'XGBoost 3.2.0', objective: 'binary:logistic' });
    expect(model.featureNamesIn).toEqual(['f0', 'f1', 'f2', 'f3']);
  });

  test('takes labels', () => {
    const labels = ['low', 'middle', 'high'];
    const model = importXGBoost(bytesOf('xgboost-classes.ubj'), { classes: labels }) as ImportedClassifier;
    expect(labels).toContain(model.predictSync(ROW)[0]);
    expect(refusal(() => importXGBoost(bytesOf('xgboost-classes.ubj'), { classes: ['a'] }))).toMatch(
      '3 classes',
    );
  });

  test('cannot be fitted', async () => {
    const model = importXGBoost(bytesOf('xgboost-binary.ubj'));
    await expect(model.fit([[1, 2, 3, 4]], [1])).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  test.each<[string, () => unknown]>([
    ['neither JSON nor UBJSON', () => importXGBoost('{')],
    ['no object', () => importXGBoost('3')],
    ["no object 'learner'", () => importXGBoost('{}')],
    ['not UTF-8', () => importXGBoost(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))],
    [
      "objective 'rank:magic'",
      xgboost((m) => {
        m.learner.objective.name = 'rank:magic';
      }),
    ],
    [
      "objective 'constructor'",
      xgboost((m) => {
        m.learner.objective.name = 'constructor';
      }),
    ],
    [
      "booster 'gbmagic'",
      xgboost((m) => {
        m.learner.gradient_booster.name = 'gbmagic';
      }),
    ],
    [
      "'weights' has 3 values, not 5",
      xgboost((m) => {
        m.learner.gradient_booster.model.weights = [1, 2, 3];
      }, 'xgboost-linear-json.json'),
    ],
    ['no rounds to take', () => importXGBoost(bytesOf('xgboost-linear.ubj'), { rounds: 2 })],
    [
      'the leaves of tree 0 have 3 values, not 1',
      xgboost((m) => {
        treeOf(m).tree_param.size_leaf_vector = '3';
      }),
    ],
    [
      'base_score',
      xgboost((m) => {
        m.learner.learner_model_param.base_score = '[1E0,2E0]';
      }),
    ],
    [
      'no probability',
      xgboost((m) => {
        m.learner.learner_model_param.base_score = '1.5';
      }),
    ],
    [
      'two of its features',
      xgboost((m) => {
        m.learner.feature_names = ['a', 'b', 'c', 'a'];
      }),
    ],
    [
      'are not 4 names',
      xgboost((m) => {
        m.learner.feature_names = ['a'];
      }),
    ],
    [
      'num_feature',
      xgboost((m) => {
        m.learner.learner_model_param.num_feature = '-1';
      }),
    ],
    [
      'num_feature',
      xgboost((m) => {
        m.learner.learner_model_param.num_feature = '1e30';
      }),
    ],
    [
      'reads feature 3 of 3',
      xgboost((m) => {
        m.learner.learner_model_param.num_feature = '3';
      }),
    ],
    [
      'comes to node 0 twice',
      xgboost((m) => {
        treeOf(m).left_children[0] = 0;
      }),
    ],
    [
      'names node 99',
      xgboost((m) => {
        treeOf(m).right_children[0] = 99;
      }),
    ],
    [
      'names node 0.5',
      xgboost((m) => {
        treeOf(m).right_children[0] = 0.5;
      }),
    ],
    ["'split_conditions' has", xgboost((m) => treeOf(m).split_conditions.pop())],
    [
      "'split_conditions' holds no numbers",
      xgboost((m) => {
        treeOf(m).split_conditions[1] = 'x';
      }),
    ],
    [
      "'split_conditions' holds no numbers",
      xgboost((m) => {
        treeOf(m).split_conditions[1] = null;
      }),
    ],
    [
      "'num_nodes'",
      xgboost((m) => {
        treeOf(m).tree_param.num_nodes = '1e9.5';
      }),
    ],
    [
      "'left_children' has",
      xgboost((m) => {
        treeOf(m).tree_param.num_nodes = '2000000000';
      }),
    ],
    [
      'belongs to a class',
      xgboost((m) => {
        boosterOf(m).model.tree_info[2] = 1;
      }),
    ],
    ['has no trees', xgboost((m) => boosterOf(m).model.tree_info.fill(0), 'xgboost-softmax.json')],
    ['rounds', () => importXGBoost(bytesOf('xgboost-binary.ubj'), { rounds: 9 })],
    ['rounds', () => importXGBoost(bytesOf('xgboost-binary.ubj'), { rounds: 0 })],
    ['rounds', () => importXGBoost(bytesOf('xgboost-binary.ubj'), { rounds: 1.5 })],
  ])('refuses: %s', (words, run) => {
    expect(refusal(run)).toMatch(words);
  });

  test('refuses sets that are not there, and categories beyond reason', () => {
    const file = 'xgboost-categories-onehot.json';
    const withSets = (change: (tree: Json) => void) =>
      xgboost((m) => change(boosterOf(m).model.trees.find((tree: Json) => tree.categories.length > 0)), file);
    expect(
      refusal(
        withSets((tree) => {
          tree.categories_segments[0] = 1000;
        }),
      ),
    ).toMatch('not there');
    expect(
      refusal(
        withSets((tree) => {
          tree.categories_nodes[0] = -1;
        }),
      ),
    ).toMatch('not there');
    expect(
      refusal(
        withSets((tree) => {
          tree.categories[0] = 2 ** 31;
        }),
      ),
    ).toMatch('category');
    expect(
      refusal(
        withSets((tree) => {
          tree.categories[0] = -3;
        }),
      ),
    ).toMatch('category');
  });

  test('refuses UBJSON that is cut short anywhere, nests too deep, or lies about lengths', () => {
    const bytes = bytesOf('xgboost-binary.ubj');
    for (let length = 0; length < bytes.length; length += 1 + (length % 37)) {
      expect(() => importXGBoost(bytes.subarray(0, length))).toThrow(FileFormatError);
    }
    const nested = new Uint8Array(100_000).fill('['.charCodeAt(0));
    expect(refusal(() => importXGBoost(Uint8Array.of(0x7b, 0x69, 1, 0x61, ...nested)))).toMatch('deeper');
    const huge = Buffer.from('{i\x01a[$d#L\x00\x00\x00\x10\x00\x00\x00\x00', 'latin1');
    expect(refusal(() => importXGBoost(huge))).toMatch('past the end');
    const nulls = Buffer.from('{i\x01a[$Z#L\x00\x00\x00\x00\x7f\xff\xff\xff', 'latin1');
    expect(refusal(() => importXGBoost(nulls))).toMatch('past the end');
  });
});

describe('importLightGBM', () => {
  test('knows its source, features and labels', () => {
    const model = importLightGBM(textOf('lightgbm-binary.txt'), { classes: ['no', 'yes'] });
    expect(model.params).toEqual({ source: 'LightGBM v4', objective: 'binary' });
    expect(model.featureNamesIn).toEqual(['Column_0', 'Column_1', 'Column_2', 'Column_3']);
    expect(['no', 'yes']).toContain(model.predictSync(ROW)[0]);
  });

  test.each<[string, () => unknown]>([
    ["line 'tree'", () => importLightGBM('leaf')],
    ["line 'tree'", () => importLightGBM('{}')],
    ['end of trees', lightgbm('\nend of trees', '')],
    ["objective 'mystery'", lightgbm('objective=binary', 'objective=mystery')],
    ['sigmoid:-1', lightgbm('sigmoid:1', 'sigmoid:-1')],
    ['3 trees per round', lightgbm('num_tree_per_iteration=1', 'num_tree_per_iteration=3')],
    ['max_feature_idx', lightgbm('max_feature_idx=3', 'max_feature_idx=x')],
    ['feature_names for 3', lightgbm('max_feature_idx=3', 'max_feature_idx=2')],
    ['the same name', lightgbm('Column_1', 'Column_0')],
    ["no text 'leaf_const'", lightgbm('is_linear=0', 'is_linear=1')],
    ["'leaf_features' has", lightgbm(/num_features=\d+/, 'num_features=9', LINEAR)],
    ['a leaf has -1 features', lightgbm(/num_features=\d+/, 'num_features=-1', LINEAR)],
    ['a leaf reads feature 4 of 4', lightgbm(/leaf_features=(.*)\d/, 'leaf_features=$14', LINEAR)],
    ["'leaf_coeff' holds 'x'", lightgbm(/leaf_coeff=\S+/, 'leaf_coeff=x', LINEAR)],
    ["'num_leaves'", lightgbm(/num_leaves=\d+/, 'num_leaves=-7')],
    ["'leaf_value' has", lightgbm(/num_leaves=\d+/, 'num_leaves=1000000000')],
    ["'threshold' holds 'nan'", lightgbm(/threshold=\S+/, 'threshold=nan')],
    ["'left_child' has", lightgbm(/left_child=\S+ /, 'left_child=')],
    ['comes to node 0 twice', lightgbm(/left_child=\S+/, 'left_child=0')],
    ['names node', lightgbm(/left_child=\S+/, 'left_child=-500')],
    ['reads feature 9', lightgbm(/split_feature=\S+/, 'split_feature=9')],
    ['decision_type 76', lightgbm(/decision_type=\S+/, 'decision_type=76')],
    ['names set', lightgbm(/decision_type=\S+/, 'decision_type=1')],
    ["'cat_boundaries' has", lightgbm(/num_cat=[1-9]\d*/, 'num_cat=500', 'lightgbm-categories.txt')],
    ['names set', lightgbm(/cat_boundaries=0 \d+/, 'cat_boundaries=0 -4', 'lightgbm-categories.txt')],
    ['rounds', () => importLightGBM(textOf('lightgbm-binary.txt'), { rounds: 100 })],
  ])('refuses: %s', (words, run) => {
    expect(refusal(run)).toMatch(words);
  });
});

/** Imports and predicts; only errors of boreal may come out. */
function survives(run: () => { predictSync(X: number[][]): unknown }): void {
  try {
    run().predictSync(ROW);
  } catch (error) {
    if (!(error instanceof BorealError)) throw error;
  }
}

const VALUES = [null, true, -1, 0, 0.5, 2 ** 31, 1e300, '', 'x', '__proto__', [], {}, [0], '1e9'];

/** Replaces or removes a member somewhere. */
function damage(value: Json, random: Random): void {
  const keys = Object.keys(value);
  if (keys.length === 0) return;
  const key = keys[random.int(keys.length)];
  const inner = value[key];
  if (typeof inner === 'object' && inner !== null && random.int(6) !== 0) damage(inner, random);
  else if (random.int(4) === 0) delete value[key];
  else value[key] = VALUES[random.int(VALUES.length)];
}

/** The model of CatBoost with one thing changed. */
function catboost(change: (model: Json) => void, file = 'catboost-categories.json') {
  const model = JSON.parse(textOf(file));
  change(model);
  return () => importCatBoost(JSON.stringify(model));
}

describe('importCatBoost', () => {
  test('takes the labels of the file, or others', () => {
    const text = textOf('catboost-classes.json');
    expect(importCatBoost(text).predictSync(ROW)).toEqual([2]);
    expect(importCatBoost(text, { classes: ['a', 'b', 'c'] }).predictSync(ROW)).toEqual(['c']);
    expect(importCatBoost(text).params).toEqual({ source: 'CatBoost 1.2.10', objective: 'MultiClass' });
  });

  test.each<[string, () => unknown]>([
    ['not JSON', () => importCatBoost('{')],
    ['no object', () => importCatBoost('3')],
    ["no object 'model_info'", () => importCatBoost('{}')],
    [
      "loss_function 'constructor'",
      catboost((m) => (m.model_info.params.loss_function.type = 'constructor')),
    ],
    ["loss_function 'RMSE' with 2 scores", catboost((m) => (m.scale_and_bias[1] = [0, 0]))],
    ['scale_and_bias', catboost((m) => (m.scale_and_bias[0] = 'x'))],
    ['one of its outputs has no trees', catboost((m) => (m.oblivious_trees = []))],
    ["'leaf_values' has", catboost((m) => m.oblivious_trees[0].leaf_values.pop())],
    ["'leaf_weights' has", catboost((m) => m.oblivious_trees[0].leaf_weights.pop())],
    [
      'levels deep',
      catboost((m) => (m.oblivious_trees[0].splits = Array(30).fill(m.oblivious_trees[0].splits[0]))),
    ],
    ["type 'OnlineCtr'", catboost((m) => (m.oblivious_trees[0].splits[0].split_type = 'OnlineCtr'))],
    ['unknown text', catboost((m) => (m.features_info.cat_features_hash = []))],
    ['text_features', catboost((m) => (m.features_info.text_features = [{}]))],
    ['two features are column', catboost((m) => (m.features_info.float_features[0].flat_feature_index = 1))],
    ['flat_feature_index', catboost((m) => (m.features_info.float_features[0].flat_feature_index = 9))],
  ])('refuses: %s', (why, run) => {
    expect(refusal(run)).toMatch(why);
  });
});

describe('trees of CatBoost that are not symmetric', () => {
  const file = 'catboost-categories-lossguide.json';
  const changed = (change: (root: Json) => void) => () => {
    const model = JSON.parse(textOf(file));
    change(model.trees[0]);
    return importCatBoost(JSON.stringify(model));
  };

  test.each([
    ["no object 'left'", changed((root) => delete root.left)],
    ["no object 'split'", changed((root) => delete root.split)],
    ["no object 'right'", changed((root) => (root.right = 5))],
    ["no list 'value'", changed((root) => (root.value = 'x'))],
    ["'value' has 2 values, not 1", changed((root) => (root.value = [1, 2]))],
    ['holds no numbers', changed((root) => (root.value = [null]))],
    ['float_feature_index', changed((root) => (root.split = { split_type: 'FloatFeature' }))],
    ['not supported', changed((root) => (root.split = { split_type: 'OnlineCtr' }))],
  ])('refuses: %s', (words, run) => {
    expect(refusal(run)).toMatch(words);
  });

  test('a chain of any depth is read', () => {
    const model = JSON.parse(textOf('catboost-depthwise-classes.json'));
    const leaf = { value: [1, 0, 0], weight: 1 };
    let root: Json = leaf;
    for (let i = 0; i < 3000; i++) {
      root = {
        split: { split_type: 'FloatFeature', float_feature_index: 0, border: i },
        left: leaf,
        right: root,
      };
    }
    model.trees = [root];
    expect(importCatBoost(JSON.stringify(model)).predictSync([[5000, 0, 0, 0]])).toHaveLength(1);
  });
});

describe('damaged files', () => {
  test.each(['catboost-classes.json', 'catboost-categories-binary.json'])('%s', (file) => {
    for (let seed = 0; seed < 150; seed++) {
      const model = JSON.parse(textOf(file));
      damage(model, new Random(seed));
      survives(() => importCatBoost(JSON.stringify(model)));
    }
  });

  test.each(['xgboost-softmax.json', 'xgboost-categories-onehot.json', 'xgboost-dart-json.json'])(
    '%s',
    (file) => {
      const text = textOf(file);
      for (let seed = 0; seed < 150; seed++) {
        const model = JSON.parse(text);
        damage(model, new Random(seed));
        survives(() => importXGBoost(JSON.stringify(model)));
      }
    },
  );

  test.each([
    ...['xgboost-classes.ubj', 'xgboost-categories.ubj', 'xgboost-one-tree.ubj', 'xgboost-linear.ubj'],
  ])('%s', (file) => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed);
      const bytes = Uint8Array.from(bytesOf(file));
      for (let k = 0; k <= seed % 3; k++) bytes[random.int(bytes.length)] = random.int(256);
      survives(() => importXGBoost(bytes));
    }
  });

  test.each(['lightgbm-classes.txt', 'lightgbm-categories.txt', LINEAR])('%s', (file) => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed);
      const bytes = Uint8Array.from(bytesOf(file));
      for (let k = 0; k <= seed % 3; k++) bytes[random.int(bytes.length)] = 32 + random.int(90);
      survives(() => importLightGBM(bytes));
    }
  });
});

function boosterOf(model: Json): Json {
  return model.learner.gradient_booster;
}

function treeOf(model: Json): Json {
  return boosterOf(model).model.trees[0];
}

describe('what is no source, and no label', () => {
  const codeOf = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(BorealError);
      return (error as BorealError).code;
    }
    return 'none';
  };

  test.each([
    ['importXGBoost', importXGBoost],
    ['importLightGBM', importLightGBM],
    ['importCatBoost', importCatBoost],
    ['importONNX', importONNX],
  ] as const)('%s says so', (_, run) => {
    for (const odd of [undefined, null, 5, {}, [], new ArrayBuffer(4), new Float64Array(2), Symbol('x')]) {
      expect(codeOf(() => run(odd as never))).toBe('ERR_PARAMETER');
    }
    const gone = Uint8Array.of(1, 2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(refusal(() => run(gone))).toMatch('it is empty');
  });

  test('null in place of options, and labels that are none', () => {
    const none = null as never;
    expect(importXGBoost(textOf('xgboost-binary-json.json'), none).kind).toBe('classifier');
    expect(importLightGBM(textOf('lightgbm-binary.txt'), none).kind).toBe('classifier');
    expect(importCatBoost(textOf('catboost-binary.json'), none).kind).toBe('classifier');
    for (const odd of [['a', 'a'], [1, '1'], [null, 1], [{}, 1], 'ab', [Number.NaN, 1]]) {
      const read = () => importXGBoost(textOf('xgboost-binary-json.json'), { classes: odd as never });
      expect(refusal(read)).toMatch("'classes' must be");
    }
  });

  test('LightGBM with an objective of its own predicts raw scores', () => {
    const text = textOf('lightgbm-regression.txt');
    const model = importLightGBM(text.replace(/^objective=.*\n/m, ''));
    expect(model.params.objective).toBe('custom');
    expect(model.predictSync(ROW)).toEqual(importLightGBM(text).predictSync(ROW));
  });
});

/** The models that the tests of the protocols serve: of every kind of input and output. */
import { LogisticRegression, StandardScaler } from '../../../lib/index.js';
import { priceModel, verdictModel } from '../support.js';

/** `matrix` tells [0, 1] and [1, 0] (class 0) from [3, 3] and [4, 3] (class 1). */
export async function v2Models() {
  const flowers = [
    [0, 1],
    [1, 0],
    [3, 3],
    [4, 3],
  ];
  const pairs = [
    [1, 2],
    [3, 4],
  ];
  return {
    price: await priceModel(),
    verdict: await verdictModel(),
    matrix: await new LogisticRegression().fit(flowers, [0, 0, 1, 1]),
    scale: await new StandardScaler().fit(pairs),
  };
}

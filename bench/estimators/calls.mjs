// The calls that most cases time: fits, and methods of fitted models. What they are given is made before the clock starts.

/** Of a data set what `fit` takes: rows alone, or with their targets. */
export const rows = ({ X }) => [X];
export const labelled = ({ X, y }) => [X, y];

export const score = (model, X, y) => model.score(X, y);

/** A fit of a new model. `of(data)`: its arguments; `quality(model, ...arguments)`. */
export const fits =
  (make, { of = rows, quality } = {}) =>
  (data) => {
    const given = of(data);
    return {
      run: () => make().fit(...given),
      quality: quality && ((model) => quality(model, ...given)),
    };
  };

/** A method of a model fitted before, on the rows `on(data)`. `of` as in {@link fits}; `quality(result)`. */
export const uses =
  (make, method, { of = rows, on = ({ X }) => X, quality } = {}) =>
  async (data) => {
    const model = await make().fit(...of(data));
    const given = on(data);
    return { run: () => model[method](given), quality };
  };

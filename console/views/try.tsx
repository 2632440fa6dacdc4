/** A form made from the columns of a model, and its prediction drawn. */
import { useEffect, useState } from 'preact/hooks';
import { act, curlOf, usePoll } from '../api.ts';
import { Code, Empty, Failure, Loading, percent, short } from '../parts.tsx';
import type { Column, Label, ModelInfo, Prediction } from '../types.ts';
import type { ViewProps } from './overview.tsx';

/** What a field holds; null is a missing value. */
type Cells = Record<string, Label | null>;

export function TryView({ models }: ViewProps) {
  const [chosen, setChosen] = useState('');
  const { data, error } = models;
  if (data === undefined) return error ? <Failure error={error} /> : <Loading />;
  const choices = data.models.flatMap(({ name, versions }) =>
    versions
      .filter(({ state }) => state === 'ready')
      .map(({ version, production }) => ({ id: JSON.stringify([name, version]), name, version, production })),
  );
  const current =
    choices.find(({ id }) => id === chosen) ?? choices.find(({ production }) => production) ?? choices[0];
  if (current === undefined) {
    return (
      <Empty title="No model is ready">
        <p>The overview tells how far the models are.</p>
      </Empty>
    );
  }
  return (
    <>
      <label class="field narrow">
        <span>Model</span>
        <select value={current.id} onChange={(event) => setChosen(event.currentTarget.value)}>
          {choices.map(({ id, name, version, production }) => (
            <option key={id} value={id}>
              {name}, version {version}
              {production ? ' (production)' : ''}
            </option>
          ))}
        </select>
      </label>
      <TryModel key={current.id} name={current.name} version={current.version} />
    </>
  );
}

function TryModel({ name, version }: { name: string; version: string }) {
  const model = encodeURIComponent(name);
  const path = `models/${model}/predict/${encodeURIComponent(version)}`;
  const info = usePoll<ModelInfo>(`console/${path.replace('/predict/', '/')}`, 60_000);
  const [cells, setCells] = useState<Cells>();
  const [result, setResult] = useState<Prediction | Error>();
  const columns = info.data?.columns;
  useEffect(() => {
    if (columns !== undefined && cells === undefined) setCells(startOf(columns));
  }, [columns, cells]);
  if (info.data === undefined || columns === undefined || cells === undefined) {
    return info.error ? <Failure error={info.error} /> : <Loading />;
  }
  const predict = async () => {
    try {
      setResult(await act<Prediction>('POST', path, cells));
    } catch (error) {
      setResult(error as Error);
    }
  };
  return (
    <div class="split">
      <form
        class="card"
        aria-label="Values of the row"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void predict();
        }}
      >
        <div class="fields">
          {columns.map((column) => (
            <Field
              key={column.name}
              column={column}
              value={cells[column.name]}
              change={(value) => setCells({ ...cells, [column.name]: value })}
            />
          ))}
        </div>
        <button type="submit" class="primary">
          Predict
        </button>
      </form>
      <div>
        <section class="card result" aria-live="polite" aria-label="Prediction">
          <Result result={result} info={info.data} />
        </section>
        <Code label="The same with curl" text={curlOf('POST', path, JSON.stringify(cells))} />
      </div>
    </div>
  );
}

function startOf(columns: Column[]): Cells {
  return Object.fromEntries(
    columns.map(({ name, kind, categories, range }) => {
      if (kind === 'boolean') return [name, false];
      if (kind === 'category') return [name, categories?.[0] ?? ''];
      if (kind === 'text') return [name, ''];
      return [name, range === undefined ? 0 : tidy((range[0] + range[1]) / 2, range)];
    }),
  );
}

function isWhole([min, max]: [number, number]): boolean {
  return Number.isInteger(min) && Number.isInteger(max);
}

function tidy(value: number, range: [number, number]): number {
  return isWhole(range) ? Math.round(value) : Number(value.toPrecision(3));
}

interface FieldProps {
  column: Column;
  value: Label | null;
  change: (value: Label | null) => void;
}

function Field({ column, value, change }: FieldProps) {
  const { name, kind, categories = [], range, required } = column;
  const id = `field-${name}`;
  const missing = !required && (
    <label class="check missing">
      <input
        type="checkbox"
        checked={value === null}
        onChange={(event) => change(event.currentTarget.checked ? null : startOf([column])[name])}
      />
      missing
    </label>
  );
  if (kind === 'boolean') {
    return (
      <div class="field">
        <div class="row between">
          <label class="check">
            <input
              type="checkbox"
              checked={value === true}
              disabled={value === null}
              onChange={(event) => change(event.currentTarget.checked)}
            />
            {name}
          </label>
          {missing}
        </div>
      </div>
    );
  }
  return (
    <div class="field">
      <div class="row between">
        <label for={id}>{name}</label>
        {missing}
      </div>
      {kind === 'category' ? (
        <select
          id={id}
          disabled={value === null}
          value={String(categories.indexOf(value as Label))}
          onChange={(event) => change(categories[Number(event.currentTarget.value)])}
        >
          {categories.map((category, i) => (
            <option key={String(category)} value={i}>
              {String(category)}
            </option>
          ))}
        </select>
      ) : kind === 'text' ? (
        <textarea id={id} value={String(value)} onInput={(event) => change(event.currentTarget.value)} />
      ) : (
        <NumberField id={id} name={name} value={value as number | null} range={range} change={change} />
      )}
    </div>
  );
}

interface NumberProps {
  id: string;
  name: string;
  value: number | null;
  range?: [number, number];
  change: (value: number) => void;
}

/** A number to be typed or dragged; values outside the range of the training are allowed. */
function NumberField({ id, name, value, range, change }: NumberProps) {
  const set = (text: string) => {
    if (text !== '' && Number.isFinite(Number(text))) change(Number(text));
  };
  const [min, max] = range ?? [0, 0];
  const outside = value !== null && range !== undefined && (value < min || value > max);
  return (
    <>
      <div class="row">
        {range !== undefined && max > min && (
          <input
            type="range"
            aria-label={`${name}, slider`}
            min={min}
            max={max}
            step={isWhole([min, max]) && max - min > 2 ? 1 : 'any'}
            disabled={value === null}
            value={value ?? min}
            onInput={(event) => change(tidy(Number(event.currentTarget.value), [min, max]))}
          />
        )}
        <input
          id={id}
          class="number"
          type="number"
          step="any"
          aria-describedby={range && `${id}-range`}
          disabled={value === null}
          value={value ?? ''}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </div>
      {range !== undefined && (
        <small id={`${id}-range`} class={outside ? 'warn' : 'muted'}>
          {outside ? 'Outside the training range' : 'In training'}: {short(min)} to {short(max)}
        </small>
      )}
    </>
  );
}

function Result({ result, info }: { result?: Prediction | Error; info: ModelInfo }) {
  if (result === undefined) return <p class="muted">Press Predict to ask the model.</p>;
  if (result instanceof Error) return <p class="bad">{result.message}</p>;
  const { prediction, probabilities, interval } = result;
  if (Array.isArray(prediction)) {
    return (
      <dl class="outputs">
        {prediction.map((value, i) => (
          <div key={info.outputs?.[i] ?? i}>
            <dt>{info.outputs?.[i] ?? i}</dt>
            <dd>{typeof value === 'number' ? short(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
    );
  }
  return (
    <>
      <p class="big">
        {typeof prediction === 'number' && info.target.kind === 'number'
          ? short(prediction)
          : String(prediction)}
      </p>
      {probabilities && (
        <ul class="bars">
          {Object.entries(probabilities).map(([label, share]) => (
            <li key={label} class={label === String(prediction) ? 'best' : ''}>
              <span>{label}</span>
              <span class="bar" aria-hidden="true">
                <i style={{ width: `${share * 100}%` }} />
              </span>
              <span class="figure">{percent(share)}</span>
            </li>
          ))}
        </ul>
      )}
      {interval && typeof prediction === 'number' && <Range prediction={prediction} {...interval} />}
    </>
  );
}

/** The interval as a bar, with the prediction as a mark; a fifth of the width lies outside on each side. */
function Range({
  prediction,
  lower,
  upper,
  coverage,
}: {
  prediction: number;
  lower: number;
  upper: number;
  coverage: number;
}) {
  const margin = (upper - lower) / 3 || Math.abs(prediction) * 0.01 || 1;
  const from = Math.min(lower, prediction) - margin;
  const width = Math.max(upper, prediction) + margin - from;
  const at = (value: number) => `${((value - from) / width) * 100}%`;
  return (
    <figure class="range">
      <div class="track" aria-hidden="true">
        <i class="inside" style={{ left: at(lower), right: `calc(100% - ${at(upper)})` }} />
        <i class="mark" style={{ left: at(prediction) }} />
      </div>
      <figcaption>
        {percent(coverage)} of the trees say <b>{short(lower)}</b> to <b>{short(upper)}</b>
      </figcaption>
    </figure>
  );
}

/** Variants side by side: outcomes with intervals, the test of their difference, and what it means. */
import { curlOf, usePoll } from '../api.ts';
import { Code, Empty, Failure, Loading, percent, pvalue, short } from '../parts.tsx';
import type { Experiment } from '../types.ts';

export function AbView() {
  const { data, error } = usePoll<{ models: Experiment[] }>('ab_stats', 3000);
  if (data === undefined) return error ? <Failure error={error} missing={<NoFeedback off />} /> : <Loading />;
  const shown = data.models.filter(
    ({ variants, shadow }) => shadow || variants.length > 1 || variants.some(({ outcomes }) => outcomes > 0),
  );
  if (shown.length === 0) return <NoFeedback />;
  return (
    <>
      {shown.map((experiment) => (
        <Variants key={experiment.model} experiment={experiment} />
      ))}
    </>
  );
}

function NoFeedback({ off = false }: { off?: boolean }) {
  return (
    <Empty title="No feedback yet">
      <p>
        {off
          ? 'This server does not take feedback.'
          : 'Tell the server what became of its predictions: it compares the variants of a model, or its versions.'}
      </p>
      {!off && (
        <Code label="An outcome" text={curlOf('POST', 'feedback', '{"user":"user-17","reward":true}')} />
      )}
    </Empty>
  );
}

function Variants({ experiment }: { experiment: Experiment }) {
  const { model, metric, variants, test, comparisons, winner, verdict, shadow } = experiment;
  const figure = (value: number | null) =>
    value === null ? '–' : metric === 'rate' ? percent(value) : short(value);
  const ends = variants.flatMap(({ mean, interval }) => [
    ...(interval ?? []),
    ...(mean === null ? [] : [mean]),
  ]);
  const from = Math.min(...ends);
  const width = Math.max(...ends) - from || 1;
  const at = (value: number) => `${4 + ((value - from) / width) * 92}%`;
  return (
    <section class="card" aria-labelledby={`ab-${model}`}>
      <h2 id={`ab-${model}`}>{model}</h2>
      <p class={winner === null ? 'verdict' : 'verdict good'}>{verdict}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard. */}
      <section class="scroll" tabIndex={0} aria-label={`Variants of ${model}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col" class="figure">
                Requests
              </th>
              <th scope="col" class="figure">
                Outcomes
              </th>
              <th scope="col" class="figure">
                {metric === 'rate' ? 'Rate' : 'Mean'}
              </th>
              <th scope="col">95 % interval</th>
              <th scope="col" class="figure">
                p-value
              </th>
            </tr>
          </thead>
          <tbody>
            {variants.map(({ variant, version, requests, outcomes, mean, interval }, i) => (
              <tr key={variant}>
                <th scope="row">
                  {variant} {version !== variant && <span class="muted">version {version}</span>}{' '}
                  {winner === variant && <span class="tag strong">winner</span>}
                </th>
                <td class="figure">{short(requests)}</td>
                <td class="figure">{short(outcomes)}</td>
                <td class="figure">{figure(mean)}</td>
                <td class="interval">
                  {interval === null ? (
                    <span class="muted">too few outcomes</span>
                  ) : (
                    <>
                      <div class="track" aria-hidden="true">
                        <i
                          class="inside"
                          style={{ left: at(interval[0]), right: `calc(100% - ${at(interval[1])})` }}
                        />
                        {mean !== null && <i class="mark" style={{ left: at(mean) }} />}
                      </div>
                      <small>
                        {figure(interval[0])} to {figure(interval[1])}
                      </small>
                    </>
                  )}
                </td>
                <td class="figure">
                  {i === 0
                    ? 'baseline'
                    : pvalue(comparisons.find((each) => each.variant === variant)?.pvalue)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {test && (
        <p class="muted">
          {test.name}: statistic {short(test.statistic)}, {short(test.dof)}{' '}
          {test.dof === 1 ? 'degree' : 'degrees'} of freedom, p {pvalue(test.pvalue)}
        </p>
      )}
      {shadow && (
        <p class="muted">
          Shadow {shadow.version}: {short(shadow.rows)} rows,{' '}
          {shadow.agreement === null ? 'nothing compared yet' : `${percent(shadow.agreement)} agree`},{' '}
          {short(shadow.errors)} errors
        </p>
      )}
    </section>
  );
}

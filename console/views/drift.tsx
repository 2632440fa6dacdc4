/** What a model was trained on against what it is asked now, the columns that moved most first. */
import { usePoll } from '../api.ts';
import { Empty, Failure, Loading, percent, pvalue, short } from '../parts.tsx';
import type { ColumnDrift, DriftReport } from '../types.ts';

export function DriftView() {
  const { data, error } = usePoll<{ models: DriftReport[] }>('drift', 3000);
  if (data === undefined) return error ? <Failure error={error} missing={<Off />} /> : <Loading />;
  return (
    <>
      <p class="legend">
        <span>
          <i class="key reference" />
          in training
        </span>
        <span>
          <i class="key chart-2" />
          live
        </span>
      </p>
      {data.models.map((report) => (
        <Model key={JSON.stringify([report.name, report.version])} report={report} />
      ))}
    </>
  );
}

function Off() {
  return (
    <Empty title="Drift is not watched">
      <p>This server was started without it.</p>
    </Empty>
  );
}

function Model({ report }: { report: DriftReport }) {
  const { name, version, reason, rows = 0, window = 0, columns = [], prediction, performance } = report;
  const sorted = [...columns].sort((a, b) => severity(b) - severity(a));
  const of = `${name}, version ${version}`;
  const compared = columns.some(({ statistic }) => statistic !== null);
  return (
    <section class="report" aria-label={of}>
      <h2>
        {name} <span class="muted">version {version}</span>
      </h2>
      {reason !== undefined && <p class="muted">{reason}</p>}
      {reason === undefined && !compared && (
        <p class="muted">
          Too few predictions yet to compare them with the training: {short(rows)} so far. Send some, and look
          again.
        </p>
      )}
      {compared && (
        <>
          <p class="muted">
            The last {short(window)} of {short(rows)} rows.
          </p>
          <div class="drift">
            {prediction && <Column of={of} title="Predictions, against the first ones" column={prediction} />}
            {performance && <Column of={of} title="Outcomes, against the first ones" column={performance} />}
            {sorted.map((column) => (
              <Column key={column.name} of={of} title={column.name} column={column} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function severity({ alert, drifted, psi }: ColumnDrift): number {
  return (alert ? 2e6 : drifted ? 1e6 : 0) + (psi ?? 0);
}

function Column({ of, title, column }: { of: string; title: string; column: ColumnDrift }) {
  const { test, statistic, adjustedPvalue, pvalue: raw, psi, missing, drifted, alert } = column;
  return (
    <section class={drifted ? 'card drifted' : 'card'} aria-label={`${title}; ${of}`}>
      <div class="row between">
        <h3>{title}</h3>
        {drifted && <span class="tag">{alert ? 'alert' : 'drifted'}</span>}
      </div>
      <p class="figures">
        <span>PSI {short(psi)}</span>
        <span>
          {test === 'ks' ? 'KS' : 'χ²'} {short(statistic)}
        </span>
        <span>p {pvalue(adjustedPvalue ?? raw)}</span>
        {missing.reference + missing.live > 0 && (
          <span>
            missing {percent(missing.reference)} → {percent(missing.live)}
          </span>
        )}
      </p>
      <Histogram title={title} histogram={column.histogram} />
    </section>
  );
}

const HEIGHT = 100;
/** Bins that have room for a label each. */
const FEW = 5;

/** Training as filled bars, live as lines over them. */
function Histogram({ title, histogram }: { title: string; histogram: ColumnDrift['histogram'] }) {
  const { bins, reference, live } = histogram;
  const most = Math.max(...reference, ...live, 1e-9);
  const few = bins.length <= FEW;
  const y = (share: number) => HEIGHT - (share / most) * HEIGHT;
  const summary = bins
    .map((bin, i) => `${bin}: ${percent(reference[i])}, live ${percent(live[i])}`)
    .join('; ');
  return (
    <>
      <p class="ends" aria-hidden="true">
        <span>{percent(most)}</span>
        <span>share of the rows</span>
      </p>
      <svg
        class="histogram"
        viewBox={`0 0 ${bins.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}. ${summary}`}
      >
        {bins.map((bin, i) => (
          <g key={bin}>
            <title>{`${bin}: ${percent(reference[i])} in training, ${percent(live[i])} live`}</title>
            <rect
              class="reference"
              x={i + 0.06}
              y={y(reference[i])}
              width={0.88}
              height={HEIGHT - y(reference[i])}
            />
            <path class="live" d={`M${i + 0.06} ${HEIGHT}V${y(live[i])}H${i + 0.94}V${HEIGHT}`} />
          </g>
        ))}
      </svg>
      <div class={few ? 'ends each' : 'ends'} aria-hidden="true">
        {(few ? bins : [bins[0], bins[bins.length >> 1], bins.at(-1)!]).map((bin) => (
          <span key={bin} title={bin}>
            {bin}
          </span>
        ))}
      </div>
    </>
  );
}

/** A time series as a uPlot chart that follows its data, its width and the theme. */
import { useEffect, useRef, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';

export interface Series {
  label: string;
  /** Number of the colour, from 1 to 4. */
  color: number;
  values: (number | null)[];
}

interface Props {
  title: string;
  unit: string;
  /** Seconds since 1970. */
  times: number[];
  series: Series[];
}

const HEIGHT = 170;
/** Seconds that a chart shows at least, and at most. */
const MIN_SPAN_S = 60;
const MAX_SPAN_S = 300;

export function Chart({ title, unit, times, series }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [theme, setTheme] = useState(0);
  const data = [times, ...series.map(({ values }) => values)] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const repaint = () => setTheme((before) => before + 1);
    addEventListener('boreal-theme', repaint);
    return () => removeEventListener('boreal-theme', repaint);
  }, []);
  useEffect(() => {
    const element = host.current!;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--muted'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: { y: false },
        legend: { show: false },
        padding: [10, 18, 0, 0],
        scales: {
          x: {
            range: (_plot, min, max) => [max - Math.min(MAX_SPAN_S, Math.max(MIN_SPAN_S, max - min)), max],
          },
          y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            size: 30,
            space: 70,
            incrs: [15, 30, 60, 120],
            values: [
              [60, '{H}:{mm}', null, null, null, null, null, null, 1],
              [1, '{H}:{mm}:{ss}', null, null, null, null, null, null, 1],
            ],
          },
          {
            ...axis,
            size: 52,
            values: (_plot, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(6)))),
          },
        ],
        series: [
          {},
          ...series.map(({ label, color: n }) => ({
            label,
            stroke: color(`--chart-${n}`),
            width: 1.75,
            spanGaps: false,
            points: { size: 4, fill: color(`--chart-${n}`) },
          })),
        ],
      },
      latest.current,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme, series.length]);
  useEffect(() => plot.current?.setData(latest.current));
  const last = (values: (number | null)[]) => values.findLast((value) => value !== null) ?? null;
  return (
    <section class="card">
      <h2>
        {title} <small class="muted">{unit}</small>
      </h2>
      <p class="legend">
        {series.map(({ label, color, values }) => (
          <span key={label}>
            <i class={`key chart-${color}`} />
            {label} <b>{format(last(values))}</b>
          </span>
        ))}
      </p>
      <div ref={host} class="plot" role="img" aria-label={`${title} in ${unit}, the last five minutes`} />
    </section>
  );
}

function format(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** The parts of a report as HTML. Everything that comes from data or from the caller is escaped here. */
import { escapeHtml } from './html.js';

/** A heading of level 1 or 2. */
export function heading(level: 1 | 2, text: string): string {
  return `<h${level}>${escapeHtml(text)}</h${level}>`;
}

/** A paragraph, perhaps of a class of the style. */
export function paragraph(text: string, className?: 'about'): string {
  return `<p${className ? ` class="${className}"` : ''}>${escapeHtml(text)}</p>`;
}

/** Numbers by name, as a list of definitions. */
export function scores(values: readonly (readonly [string, number])[]): string {
  const items = values.map(([name, value]) => {
    const text =
      Math.abs(value) >= 1000
        ? value.toLocaleString('en-US', { maximumFractionDigits: 0 })
        : String(Number(value.toPrecision(4)));
    return `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text.replace('-', '−'))}</dd></div>`;
  });
  return `<dl class="scores">${items.join('')}</dl>`;
}

/** A table in a box that scrolls, which the keyboard can reach. */
export function tableOf(
  caption: string,
  head: readonly string[],
  lines: readonly (readonly string[])[],
): string {
  const columns = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const rows = lines.map(([name, ...cells]) => {
    const rest = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(name)}</th>${rest}</tr>`;
  });
  const label = escapeHtml(caption);
  return (
    `<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table><caption>${label}</caption>` +
    `<thead><tr>${columns}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

/** Pictures, as many side by side as there is room for. */
export function figures(pictures: readonly string[]): string {
  return `<div class="figures">${pictures.map((svg) => `<figure>${svg}</figure>`).join('\n')}</div>`;
}

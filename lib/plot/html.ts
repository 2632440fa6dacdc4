/** Pages without scripts, whose policy allows nothing but the style within. */
import { createHash } from 'node:crypto';
import { COLOURS, FONT, type Theme } from './theme.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML, between tags and within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]);
}

/** The style of pages in one look. */
function styleOf(theme: Theme): string {
  const { background, text, muted, grid, categories } = COLOURS[theme];
  return `
:root { color-scheme: ${theme}; }
body { background: ${background}; color: ${text}; font: 16px/1.5 ${FONT}; margin: 0; }
main { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { border-top: 1px solid ${grid}; font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1.25rem; }
p { max-width: 46rem; }
p.about { color: ${muted}; margin-top: 0; }
figure { margin: 0; }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 1rem 0; }
figure svg { height: auto; max-width: 100%; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid ${categories[0]}; outline-offset: 2px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid ${grid}; padding: .35rem .9rem .35rem 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th[scope=row] { font-weight: 400; max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
caption { color: ${muted}; font-size: .9rem; padding-bottom: .35rem; text-align: left; }
thead th { color: ${muted}; font-weight: 600; }
dl.scores { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
dl.scores div { border: 1px solid ${grid}; border-radius: .5rem; padding: .6rem 1rem; }
dl.scores dt { color: ${muted}; font-size: .9rem; }
dl.scores dd { font-size: 1.4rem; font-variant-numeric: tabular-nums; margin: 0; }
@media print { main { max-width: none; padding: 0; } }
`;
}

/**
 * A page of its own. Its policy forbids scripts and everything from elsewhere, and allows the one style by its hash.
 *
 * @param body - HTML, escaped where it holds text
 */
export function page(title: string, theme: Theme, body: string): string {
  const style = styleOf(theme);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A page in Chromium that remembers what went wrong in it. */
import type { Browser, Page } from 'playwright-core';

/** A page, and everything that it must not do: errors in its console, and requests to others than its server. */
export interface Watched {
  readonly page: Page;
  readonly offences: string[];
}

/** Opens a page of a server. */
export async function open(
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; colorScheme?: 'light' | 'dark'; allowed?: RegExp } = {},
): Promise<Watched> {
  const { width = 1200, height = 900, colorScheme = 'light', allowed } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const offences: string[] = [];
  const { origin } = new URL(url);
  page.on('pageerror', (error) => offences.push(String(error)));
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (['error', 'warning'].includes(message.type()) && !allowed?.test(text)) offences.push(text);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) offences.push(`A request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, offences };
}

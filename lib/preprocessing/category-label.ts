/** What a category is called. */
import type { Label } from '../core/labels.js';
import type { Column } from '../core/schema.js';

/** The label of a value as the plan reads it; null for missing. */
export function categoryLabel(column: Column, value: number): Label | null {
  if (Number.isNaN(value)) return null;
  if (column.kind === 'category') return column.categories?.[value] ?? null;
  return column.kind === 'boolean' ? value === 1 : value;
}

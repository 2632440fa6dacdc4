/** One goal, with what was reached or the reason why that is missing; what else stands in it tells where that comes from. */
export interface Goal extends Record<string, unknown> {
  readonly goal: string;
  /** null: a figure without a bar. */
  readonly wanted: number | null;
  readonly reached: number | null;
  readonly met?: boolean | null;
  readonly missing?: string;
}

export function goalsOf(
  rows: Readonly<Record<string, readonly object[]>>,
  why: (step: string) => string,
  isSmall: boolean,
): Goal[];

/** The `code` of what a call throws, or 'no error'. */
export function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

/** The same of what a call throws, or of what rejects the promise that it returns. */
export async function codeOfAsync(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

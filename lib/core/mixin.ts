/** Classes that functions make of a base class: what several kinds of estimators have in common. */

/** A class, abstract or not, of some instances. */
// biome-ignore lint/suspicious/noExplicitAny: what a mixin extends takes any arguments
export type Face<E> = abstract new (...args: any[]) => E;

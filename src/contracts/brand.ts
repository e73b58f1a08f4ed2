declare const brand: unique symbol;

/** A value that looks like `T` but may not be mixed up with other `T`s: ids, instants, digests. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

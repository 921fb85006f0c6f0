/** A DNS host name in lower-case A-labels, without a trailing dot. */
export type Hostname = string & { readonly __hostname: unique symbol };

/** The key that may change and transfer every zone of the tests' servers, by RFC 2136 and TSIG. */
export const TSIG_KEY = {
  name: 'postseal-test',
  algorithm: 'hmac-sha256',
  secret: 'YSBrZXkgZm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzISE=',
} as const;

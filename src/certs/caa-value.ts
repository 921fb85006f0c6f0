/** The value of an `issue` property (RFC 8659 section 4.2). */
export interface IssueValue {
  /** Lower case; empty where nobody may issue. */
  readonly issuer: string;
  /** In the order as written; tags in lower case. */
  readonly parameters: readonly { readonly tag: string; readonly value: string }[];
}

const LABEL = '[A-Za-z\\d](?:[A-Za-z\\d-]*[A-Za-z\\d])?';
const ISSUER = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*)?$`);
const TAG = new RegExp(`^${LABEL}$`);
const VALUE = /^[\x21-\x3a\x3c-\x7e]*$/;

// DNS allows 64 KiB; nothing that a CA asks for comes near this.
const MAX_LENGTH = 4096;

/**
 * Reads the value of an `issue` property. One that breaks the grammar counts as one without an issuer (RFC 8659 section
 * 4.2), and so does undefined here.
 */
export function parseIssueValue(text: string): IssueValue | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [issuer = '', ...rest] = text.split(';').map(trimWsp);
  if (!ISSUER.test(issuer)) return undefined;
  // A semicolon may close the value.
  if (rest.at(-1) === '') rest.pop();
  const parameters = rest.map(parseParameter);
  if (!parameters.every((parameter) => parameter !== undefined)) return undefined;
  return { issuer: issuer.toLowerCase(), parameters };
}

function parseParameter(text: string): { tag: string; value: string } | undefined {
  const equals = text.indexOf('=');
  if (equals === -1) return undefined;
  const tag = trimWsp(text.slice(0, equals));
  const value = trimWsp(text.slice(equals + 1));
  return TAG.test(tag) && VALUE.test(value) ? { tag: tag.toLowerCase(), value } : undefined;
}

function trimWsp(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isWsp(text[start])) start += 1;
  while (end > start && isWsp(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isWsp(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

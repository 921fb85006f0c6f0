/** What a document's tag reads in a header (RFC 9110 section 8.8.3). */
export function etagHeader(etag: string): Readonly<Record<string, string>> {
  return { etag: `"${etag}"` };
}

const TAG = /\s*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")\s*(?:,|$)/y;

/**
 * Whether an If-Match or If-None-Match names this tag: `*` names any that is there. A weak tag names none where
 * `isStrong` (RFC 9110 sections 8.8.3.2 and 13.1). What is no list of tags names none.
 */
export function names(header: string, etag: string, isStrong: boolean): boolean {
  if (header.trim() === '*') return true;
  TAG.lastIndex = 0;
  for (let match = TAG.exec(header); match !== null; match = TAG.exec(header)) {
    const [, weak, tag] = match;
    if (tag === etag && !(isStrong && weak !== undefined)) return true;
    if (TAG.lastIndex === header.length) break;
  }
  return false;
}

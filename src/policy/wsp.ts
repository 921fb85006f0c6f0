// Loops, since the regular expressions for this take quadratic time on hostile runs of spaces, and
// String.trim takes more than the WSP of RFC 5234 (space and tab).

/** The text without leading WSP. */
export function trimStartWsp(text: string): string {
  let start = 0;
  while (isWsp(text[start])) start += 1;
  return text.slice(start);
}

/** The text without trailing WSP. */
export function trimEndWsp(text: string): string {
  let end = text.length;
  while (isWsp(text[end - 1])) end -= 1;
  return text.slice(0, end);
}

function isWsp(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

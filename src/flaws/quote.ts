const LONGEST = 80;

/** What somebody wrote, for a flaw's message: in quotes, cut when long, with everything invisible escaped. */
export function quote(text: string): string {
  return `"${printable(text.slice(0, LONGEST))}${text.length > LONGEST ? '…' : ''}"`;
}

/** A text that somebody else wrote, for a terminal or a line of a list: everything invisible is escaped. */
export function printable(text: string): string {
  return [...text].map(visible).join('');
}

/** Controls, format characters (soft hyphen, text direction), separators and lone surrogates are escaped. */
function visible(character: string): string {
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

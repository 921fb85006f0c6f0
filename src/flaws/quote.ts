const LONGEST = 80;

/** What somebody wrote, for a flaw's message: in quotes, cut when long, with everything invisible escaped. */
export function quote(text: string): string {
  const characters = [...text.slice(0, LONGEST)].map(visible).join('');
  return `"${characters}${text.length > LONGEST ? '…' : ''}"`;
}

/** Controls, format characters (soft hyphen, text direction), separators and lone surrogates are escaped. */
function visible(character: string): string {
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

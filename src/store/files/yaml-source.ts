// What has a meaning of its own in YAML 1.2 when it stands without quotes: null, booleans, numbers.
const NOT_A_TEXT = /^(null|true|false|~|[-+]?(0o[0-7]+|0x[\da-f]+|\d[\d.]*(e[-+]?\d+)?|\.inf)|\.nan)$/i;
const PLAIN = /^[a-z\d](?:[\w.-]*[a-z\d])?$/i;

/** How a text is written in a YAML document. */
export type Quoting = 'plain' | 'single' | 'double';

/** The source of a text: as its neighbours are written where that keeps its meaning, else in double quotes. */
export function textSource(text: string, quoting: Quoting = 'plain'): string {
  if (quoting === 'plain' && PLAIN.test(text) && !NOT_A_TEXT.test(text)) return text;
  if (quoting === 'single' && /^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replace(UNPRINTABLE, escaped);
}

/** Beyond what JSON escapes: what an editor would not show, or YAML has no room for. */
const UNPRINTABLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A list on one line. */
export function listSource(texts: readonly string[], quoting?: Quoting): string {
  return `[${texts.map((text) => textSource(text, quoting)).join(', ')}]`;
}

/** A map of texts on one line, the values in quotes, so that none is ever taken for a number. */
export function mapSource(map: Readonly<Record<string, string>>, quoting?: Quoting): string {
  const pairs = Object.entries(map).map(([key, value]) => pairSource(key, value, quoting));
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

export function pairSource(key: string, value: string, quoting?: Quoting): string {
  return `${textSource(key, quoting)}: ${textSource(value, 'double')}`;
}

/** One of the media types, the one that an Accept header wants most (RFC 9110 section 12.5.1); undefined for none. */
export function negotiate(accept: string | undefined, types: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return types[0];
  const ranges = accept.split(',', MOST_RANGES).map(readRange);
  const rated = types.map((type) => ({ type, quality: qualityOf(type, ranges) }));
  const [best] = rated.toSorted((one, two) => two.quality - one.quality);
  return best === undefined || best.quality === 0 ? undefined : best.type;
}

const MOST_RANGES = 50;

interface Range {
  readonly name: string;
  readonly quality: number;
}

function readRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const number = quality === undefined ? 1 : Number(quality);
  return { name, quality: number >= 0 && number <= 1 ? number : 0 };
}

/** By the range that fits most closely: the type itself, its kind, or anything. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const kind = `${type.split('/')[0]}/*`;
  for (const name of [type, kind, '*/*']) {
    const range = ranges.find((one) => one.name === name);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

// RFC 1035 sections 3.3.14 and 5.1: how a TXT record is written for people, which providers' APIs take over.

const MOST_STRING = 255;

/** The text of ASCII as quoted strings, as few as it takes. */
export function quoteText(text: string): string {
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += MOST_STRING) {
    strings.push(`"${text.slice(at, at + MOST_STRING).replaceAll(/["\\]/g, '\\$&')}"`);
  }
  return strings.join(' ');
}

/** The strings joined, as senders join them; what is not quoted is taken as it stands. */
export function unquoteText(written: string): string {
  const text = written.trim();
  if (!text.startsWith('"')) return text;
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, string = '']) => string);
  return strings.map(unescaped).join('');
}

/** `\DDD` is decimal in zone files. */
function unescaped(string: string): string {
  return string.replaceAll(/\\(\d{3}|.)/gs, (_, one: string) =>
    one.length === 3 ? String.fromCharCode(Number(one)) : one,
  );
}

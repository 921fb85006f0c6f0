import { flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** A body as JSON. Of a key that is there twice the last one counts, as everywhere in JavaScript. */
export function readJson(bytes: Uint8Array): Parsed<unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return flawed({ path: '', message: 'The body is not UTF-8', remedy: 'Send it in UTF-8' });
  }
  try {
    return parsed(JSON.parse(text) as unknown);
  } catch {
    return flawed({ path: '', message: 'The body is no JSON', remedy: 'Send a JSON document' });
  }
}

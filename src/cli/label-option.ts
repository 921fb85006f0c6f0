import { quote } from '../flaws/quote.ts';
import { CommandFailure, EXIT } from './printing.ts';

/** Labels as they are given, `key=value` each. Throws a {@link CommandFailure} where one is none. */
export function readLabels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map(readLabel));
}

function readLabel(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new CommandFailure(`${quote(text)} is no label`, 'Write key=value, such as customer=42', EXIT.usage);
}

import { domainToASCII, domainToUnicode } from 'node:url';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';
import { labelFlaws } from './label.ts';

/**
 * The name in lower-case A-labels (RFC 5890 section 2.3.2.1). A name in ASCII only changes its letter case.
 *
 * Node's function reads its input as the host of a URL: what has a meaning there may not reach it.
 */
export function toALabels(text: string): Parsed<string> {
  if (isAscii(text)) return parsed(text.toLowerCase());
  const lower = [...text.normalize('NFC')].map((character) => character.toLowerCase()).join('');
  const flaws = lower.split('.').flatMap((label) => labelFlaws(asciiShape(label), label));
  if (flaws.length > 0) return flawed(...flaws);
  const ascii = domainToASCII(lower);
  if (ascii === '') {
    return flawed(flaw(`${quote(text)} is no internationalized name`, 'correct it', 'RFC 5891 section 4.2'));
  }
  // The mapping drops and replaces characters (soft hyphens, full-width dots): people must see what came out.
  if (domainToUnicode(ascii) !== withoutALabels(lower)) {
    return flawed(
      flaw(`${quote(text)} stands for another name`, `write ${quote(domainToUnicode(ascii))}`, 'UTS 46'),
    );
  }
  return parsed(ascii);
}

/** The name in U-labels. */
export function toULabels(name: string): string {
  return hasALabel(name) ? domainToUnicode(name) : name;
}

/** Flaws of the labels that look like A-labels and stand for no U-label. */
export function aLabelFlaws(name: string): readonly Flaw[] {
  const fakes = name.split('.').filter((label) => hasALabel(label) && !standsForULabel(label));
  return fakes.map((label) => {
    const message = `${quote(label)} is no A-label: it does not stand for a Unicode name`;
    return flaw(message, 'write the name in Unicode, or correct the label', 'RFC 5890 section 2.3.2.1');
  });
}

function standsForULabel(label: string): boolean {
  const unicode = domainToUnicode(label);
  return !isAscii(unicode) && !/^-|-$/.test(unicode) && domainToASCII(unicode) === label;
}

function withoutALabels(name: string): string {
  return name.split('.').map(toULabels).join('.');
}

/** The label with a letter for each run of what is not ASCII, so that the rest can be checked. */
function asciiShape(label: string): string {
  return label.replace(/[\u0080-\u{10ffff}]+/gu, 'x');
}

function hasALabel(name: string): boolean {
  return name.startsWith('xn--') || name.includes('.xn--');
}

function isAscii(text: string): boolean {
  return !/[\u0080-\u{10ffff}]/u.test(text);
}

function flaw(message: string, remedy: string, rfc: string): Flaw {
  return { path: '', message, remedy, rfc };
}

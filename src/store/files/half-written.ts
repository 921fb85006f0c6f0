/** How the end of a document looks, to somebody who asks whether more of it is still to be written. */
export interface Ending {
  /** The last line has no newline and nothing that closes it, so that it may be cut off. */
  readonly isUnterminated: boolean;
  /** More lines could follow that belong to what the last one began. */
  readonly mayGoOn: boolean;
}

const CLOSED = /[\n\r}\]]$/;
const LIST_ITEM = /^\s*-(\s|$)/;
const BLANK_OR_COMMENT = /^\s*(#.*)?$/;

/**
 * A document that is cut off is mostly no good document, and so does no harm. It is one with another meaning where
 * the cut falls into a number or a name at the very end (`max_age: 6048`), or between the items of a list.
 */
export function endingOf(text: string): Ending {
  const isUnterminated = !CLOSED.test(text);
  const lastLine = text.split('\n').findLast((line) => !BLANK_OR_COMMENT.test(line)) ?? '';
  return { isUnterminated, mayGoOn: isUnterminated || LIST_ITEM.test(lastLine) };
}

import { Type } from 'typebox';
import { Compile } from 'typebox/schema';

/** What a CA says went wrong (RFC 8555 section 6.7, RFC 9457). */
export interface Problem {
  /** The last part of an ACME error type, such as `caa`; empty for any other type. */
  readonly type: string;
  /** One line for people; empty where the CA gives no words. */
  readonly detail: string;
  /** RFC 8555 section 6.7.1: what is wrong with single identifiers. */
  readonly subproblems: readonly Problem[];
}

const ERROR_NAMESPACE = 'urn:ietf:params:acme:error:';
// What a CA says ends in logs and on screens; a link with a signed token in it must still fit.
const MOST_DETAIL = 2000;
const MOST_SUBPROBLEMS = 10;

const ProblemShape = Type.Object({
  type: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  subproblems: Type.Optional(Type.Array(Type.Unknown())),
});
const shape = Compile(ProblemShape);

/** Reads a problem document. Undefined for what is none. */
export function readProblem(value: unknown): Problem | undefined {
  if (!shape.Check(value)) return undefined;
  const { type = '', detail = '', subproblems = [] } = value;
  return {
    type: type.startsWith(ERROR_NAMESPACE) ? type.slice(ERROR_NAMESPACE.length) : '',
    detail: oneLine(detail),
    subproblems: subproblems.slice(0, MOST_SUBPROBLEMS).flatMap((each) => readProblem(each) ?? []),
  };
}

function oneLine(text: string): string {
  return text
    .slice(0, MOST_DETAIL)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

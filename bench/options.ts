import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  /** Names of the cases to run; none means all, or the main ones in a quick run. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Measured seconds of each server in each round. */
  readonly seconds: number;
  readonly tenants: number;
  /** Tenants of the large cases; `some` lies between. */
  readonly some: number;
  readonly many: number;
  /** Tenants that get certificates from a CA in one go. */
  readonly orders: number;
  /** Start nginx with `many` tenants too: minutes and gigabytes. */
  readonly patient: boolean;
  /** Where the JSON goes instead of a new file in bench/out. */
  readonly json: string | undefined;
}

export const USAGE = `npm run bench -- [--quick] [--only CASE]... [--rounds N] [--seconds S]
  [--tenants N] [--some N] [--many N] [--orders N] [--patient] [--json FILE]`;

/** Throws a TypeError that says what is wrong with the arguments. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      tenants: { type: 'string', default: '1000' },
      some: { type: 'string', default: '10000' },
      many: { type: 'string', default: '100000' },
      orders: { type: 'string' },
      patient: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  return {
    ...values,
    json: values.json,
    rounds: positive('rounds', values.rounds ?? (values.quick ? '3' : '5')),
    seconds: positive('seconds', values.seconds ?? (values.quick ? '1' : '3')),
    tenants: positive('tenants', values.tenants),
    some: positive('some', values.some),
    many: positive('many', values.many),
    orders: positive('orders', values.orders ?? (values.quick ? '100' : '500')),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} must be a number above 0`);
  return value;
}

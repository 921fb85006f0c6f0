/** A step into a value: a key of an object or an index of an array. */
export type PathStep = string | number;

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;

/** `['policy', 'mx', 2]` reads `policy.mx[2]`; a key that is no plain word is quoted: `labels["a.b"]`. */
export function formatPath(steps: readonly PathStep[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (!PLAIN_KEY.test(step)) path += `[${JSON.stringify(step)}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}

const STEP = /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy;

/** The reverse of {@link formatPath}; what is no path of ours gives the steps up to there. */
export function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  for (const [, plain, index, quoted = '""'] of path.matchAll(STEP)) {
    const step = plain ?? (index === undefined ? unquote(quoted) : Number(index));
    if (step === undefined) break;
    steps.push(step);
  }
  return steps;
}

function unquote(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

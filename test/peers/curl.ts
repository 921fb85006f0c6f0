import type { Host } from './host.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Fetches a URL from a host, as strict as a sender: no redirects, certificates verified.
 * @param trustedRoots path of a PEM file, needed for https.
 * @returns undefined if there was no HTTP answer at all (no name, no connection, no valid certificate).
 */
export async function get(host: Host, url: string, trustedRoots?: string): Promise<HttpAnswer | undefined> {
  const trust = trustedRoots === undefined ? [] : ['--cacert', trustedRoots];
  const { code, stdout } = await host.attempt('curl', ['-sS', '-i', '--max-time', '10', ...trust, url]);
  if (code !== 0) return undefined;
  const [head = '', ...rest] = stdout.split('\r\n\r\n');
  const [statusLine = '', ...fields] = head.split('\r\n');
  const headers = new Headers();
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}

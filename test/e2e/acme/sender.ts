import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { get } from '../../peers/curl.ts';
import type { Host } from '../../peers/host.ts';
import type { Pebble } from '../../peers/pebble.ts';
import type { Program } from '../../peers/program.ts';

/** What a policy host shows to a sender that trusts one CA. */
export interface Shown {
  /** Leaf first. */
  readonly chain: readonly X509Certificate[];
  readonly serial: string;
}

/** An answer that came over a connection with this number, for which the certificate with this serial was shown. */
interface KeptFetch {
  readonly status: number;
  readonly connection: number;
  readonly serial: string;
}

export interface KeptFetches {
  readonly program: Program;
  answers(): readonly KeptFetch[];
}

const KEPT_ALIVE = fileURLToPath(new URL('kept-alive.ts', import.meta.url));
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Somebody who fetches policies, trusting what one CA issues and nothing else. */
export class Sender {
  readonly host: Host;
  #roots = 0;

  constructor(host: Host) {
    this.host = host;
  }

  /** The path of a file with a CA's root, as it is now. */
  async trust(pebble: Pebble): Promise<string> {
    this.#roots += 1;
    const file = join(await this.host.folder('roots'), `${this.#roots}.pem`);
    await writeFile(file, await pebble.root());
    return file;
  }

  /** The policy; undefined where it can't be had over HTTPS under this root. */
  async policy(domain: string, root: string): Promise<string | undefined> {
    const answer = await get(this.host, policyUrl(domain), root);
    return answer?.status === 200 ? answer.body : undefined;
  }

  /** The certificate of a host; undefined where none holds under this root. */
  async certificate(name: string, root: string): Promise<Shown | undefined> {
    const args = ['-sS', '--max-time', '10', '--cacert', root, '-o', '/dev/null', '-w', '%{certs}'];
    const { code, stdout } = await this.host.attempt('curl', [...args, `https://${name}/`]);
    if (code !== 0) return undefined;
    const chain = (stdout.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    return { chain, serial: chain[0]?.serialNumber ?? '' };
  }

  /** Fetches a policy again and again, over one connection for as long as the server keeps it. */
  keepFetching(domain: string, root: string): KeptFetches {
    const program = this.host.spawn(process.execPath, [KEPT_ALIVE, policyUrl(domain), root]);
    const answers = () => program.lines.map((line): KeptFetch => JSON.parse(line));
    return { program, answers };
  }

  /** The domains whose policies are served under this root. */
  async served(domains: readonly string[], root: string): Promise<string[]> {
    const urls = await this.answering(domains.map(policyUrl), ['--cacert', root]);
    return domains.filter((domain) => urls.includes(policyUrl(domain)));
  }

  /** Those URLs that are answered with status 200: one run of curl for any number. */
  async answering(urls: readonly string[], trust: readonly string[] = []): Promise<string[]> {
    const config = urls.map((url) => `url = "${url}"\noutput = "/dev/null"\n`).join('');
    const args = ['-sS', '--max-time', '25', ...trust, '-w', '%{http_code} %{url}\n', '-K', '-'];
    const { stdout } = await this.host.attempt('curl', args, { input: config });
    return stdout.split('\n').flatMap((line) => /^200 (.*)$/.exec(line)?.[1] ?? []);
  }

  /** Whether a policy host answers challenges over TLS (RFC 8737 section 3). */
  async takesChallenge(domain: string): Promise<boolean> {
    const host = `mta-sts.${domain}`;
    const args = ['s_client', '-connect', `${host}:443`, '-servername', host, '-alpn', 'acme-tls/1'];
    return (await this.host.attempt('openssl', args)).code === 0;
  }
}

function policyUrl(domain: string): string {
  return `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstPolicy } from '../probe.ts';
import { policyHostOf, policyTextOf } from '../tenants.ts';
import { launch } from './process.ts';
import { freePorts, type Kind, type Site } from './server.ts';

/** How the policies of a config are written down. */
type Blocks = (site: Site, port: number) => string;

/** One server block, one certificate and one folder per tenant: what the manuals tell people to do. */
export const nginxStock = kind('nginx stock', true, (site, port) => perTenant(site, port, files));

/** The same, with all that is known to make it faster: no tickets, AES-128 first, the text in the config. */
export const nginxTuned = kind(
  'nginx tuned',
  true,
  (site, port) => TUNING + perTenant(site, port, (_, index) => text(index)),
);

/** Tuned, and with the certificate of one tenant for all: wrong for senders, and the least that nginx can cost. */
export const nginxOneCertificate = kind('nginx tuned, one certificate', false, (site, port) => {
  const pem = join(site.corpus.certs, `${policyHostOf(0)}.pem`);
  return (
    TUNING +
    keyAndCertificate(pem) +
    each(site, (index) => `server { ${listen(port)} server_name ${policyHostOf(index)}; ${text(index)} }`)
  );
});

/** The certificate's file by the name that the client asks for: it takes new tenants without a reload. */
export const nginxPerName = kind('nginx, file by name', true, (site, port) => {
  const pem = `${site.corpus.certs}/$ssl_server_name.pem`;
  return `server { ${listen(port)} server_name _; ${keyAndCertificate(pem)} root ${site.corpus.sites}/$host; }\n`;
});

const TUNING = `ssl_conf_command NumTickets 0;
ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;
ssl_prefer_server_ciphers on;
`;

function kind(name: string, ownCertificates: boolean, blocks: Blocks): Kind {
  return {
    name,
    ownCertificates,
    async start(site) {
      const [port = 0] = await freePorts(1);
      const config = join(site.folder, 'nginx.conf');
      mkdirSync(site.folder, { recursive: true });
      writeFileSync(config, `${head(site)}${blocks(site, port)}}\n`);
      const running = launch(site.cores, ['nginx', '-c', config, '-e', join(site.folder, 'error.log')]);
      return { ...running, name, port, loaded: () => firstPolicy(port, site.corpus, running) };
    },
  };
}

function head(site: Site): string {
  return `daemon off;
worker_processes ${site.workers};
pid ${join(site.folder, 'nginx.pid')};
error_log ${join(site.folder, 'error.log')};
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
access_log off;
default_type text/plain;
types { text/plain txt; }
keepalive_requests 1000000000;
open_file_cache max=20000;
server_names_hash_max_size ${Math.max(65_536, site.corpus.tenants * 16)};
server_names_hash_bucket_size 128;
ssl_protocols TLSv1.2 TLSv1.3;
`;
}

function perTenant(site: Site, port: number, content: (site: Site, index: number) => string): string {
  return each(site, (index) => {
    const pem = keyAndCertificate(join(site.corpus.certs, `${policyHostOf(index)}.pem`));
    return `server { ${listen(port)} server_name ${policyHostOf(index)}; ${pem} ${content(site, index)} }`;
  });
}

function each(site: Site, block: (index: number) => string): string {
  return `${Array.from({ length: site.corpus.tenants }, (_, index) => block(index)).join('\n')}\n`;
}

const listen = (port: number): string => `listen 127.0.0.1:${port} ssl http2;`;

const keyAndCertificate = (pem: string): string => `ssl_certificate ${pem}; ssl_certificate_key ${pem};`;

const files = (site: Site, index: number): string => `root ${join(site.corpus.sites, policyHostOf(index))};`;

function text(index: number): string {
  const quoted = policyTextOf(index).replaceAll('\r\n', '\\r\\n');
  return `location = /.well-known/mta-sts.txt { return 200 "${quoted}"; }`;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import type { Program } from './program.ts';

const HTTPS_PORT = 443;

/** Starts nginx with a configuration that stands in the place of its http section's content. */
export async function startNginx(host: Host, http: string): Promise<Program> {
  const folder = await host.folder('nginx');
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configText(folder, http));
  const program = host.spawn('nginx', ['-c', config, '-e', join(folder, 'error.log')]);
  await host.waitForPort(HTTPS_PORT, program);
  return program;
}

function configText(folder: string, http: string): string {
  return `daemon off;
user root;
worker_processes 1;
pid ${folder}/nginx.pid;
events { }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
}
`;
}

import pino from 'pino';
import type { Config } from '../app/config/config.ts';
import { type Running, start } from '../app/start.ts';
import { ListenError } from '../edge/listeners.ts';
import { policyHost } from '../names/hostname.ts';
import { Connection } from '../store/files/connection.ts';
import { openForReading } from '../store/files/state-database.ts';
import { StateFileError } from '../store/files/state-error.ts';
import { StateFile } from '../store/files/state-file.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print } from './printing.ts';
import { reachable, reachableHost } from './reachable.ts';

/** `postseal serve`: runs until SIGTERM or SIGINT, then finishes what is under way. */
export async function serve(file: string | undefined, takeSignals: () => void): Promise<void> {
  const config = loadConfig(file);
  if (config === undefined) return;
  const log = pino({ level: config.log.level }, pino.destination(2));
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  });
  takeSignals();
  let running: Running;
  try {
    running = await start(config, log);
  } catch (error) {
    return startFailed(error);
  }
  log.info({ event: 'listening', ...running.addresses });
  await Promise.race([running.firstPass, ended]);
  log.info({ event: 'ready' });
  for (const line of welcome(config, running)) print(line);
  log.info({ event: 'ending', signal: await ended });
  await running.close();
  log.info({ event: 'ended' });
}

function startFailed(error: unknown): void {
  if (error instanceof StateFileError) fail(error.message, error.remedy, EXIT.unavailable);
  else if (error instanceof ListenError) fail(error.message, listenRemedy(error), EXIT.unavailable);
  else throw error;
}

function listenRemedy({ code }: ListenError): string {
  return code === 'EACCES'
    ? 'Ports under 1024 need a privilege: choose others (POSTSEAL_LISTEN_HTTPS), or grant it'
    : 'Choose another address (POSTSEAL_LISTEN_HTTPS, _HTTP, _DNS, _METRICS, _ADMIN), or end what listens there';
}

/** A line or two for each listener, with a command that works when pasted. */
function welcome(config: Config, { addresses, localCaRoot, firstToken }: Running): string[] {
  const lines = ['', `Postseal serves MTA-STS policies as ${config.serviceName}`, ''];
  const example = firstTenant(config);
  for (const address of addresses.https) {
    const host = example === undefined ? `mta-sts.<domain>` : policyHost(example);
    const ca = localCaRoot === undefined ? '' : ` --cacert ${localCaRoot}`;
    const to = `--connect-to ${host}:443:${reachable(address)}`;
    lines.push(
      `policies  https  ${reachable(address)}`,
      `  curl${ca} ${to} https://${host}/.well-known/mta-sts.txt`,
    );
  }
  for (const address of addresses.http) {
    lines.push(`plain     http   ${reachable(address)}`, `  curl -i http://${reachable(address)}/`);
  }
  for (const { host, port } of addresses.dns) {
    lines.push(
      `zone      dns    ${reachable({ host, port })}`,
      `  dig +short @${reachableHost(host)} -p ${port} ${config.dns.zone} SOA`,
    );
  }
  for (const address of addresses.metrics) {
    lines.push(`metrics   http   ${reachable(address)}`, `  curl http://${reachable(address)}/readyz`);
  }
  for (const address of addresses.admin) {
    lines.push(`admin     http   ${reachable(address)}`, `  curl http://${reachable(address)}/openapi.json`);
  }
  if (firstToken !== undefined) {
    lines.push(`token     ${firstToken.reveal()}`, '  of scope admin, shown this once: keep it');
  }
  lines.push('', `documents  ${config.store.policies}`, 'records    node src/cli/main.ts records', '');
  return lines;
}

function firstTenant(config: Config) {
  const store = new StateFile(new Connection(openForReading(config.store.state)));
  try {
    for (const { domain } of store.announceable()) return domain;
    return undefined;
  } finally {
    store.close();
  }
}

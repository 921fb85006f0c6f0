import { readFileSync } from 'node:fs';
import type { ListenAddress } from '../../edge/messages.ts';
import { flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { parseReportUris, type ReportUri } from '../../tlsrpt/record.ts';
import { parseAddresses } from '../config/addresses.ts';
import type { Settings } from '../config/settings.ts';

/** How policies are looked at from outside, as the operator set it. */
export interface Outlook {
  /** Where policy hosts are reached from here, in the place of the addresses that DNS tells; none for these. */
  readonly connectTo: readonly ListenAddress[];
  /** PEM certificates to trust beside the machine's; empty where there are none. */
  readonly roots: string;
}

export function readOutlook({ outside = {} }: Settings): Parsed<Outlook> {
  const connectTo = parseAddresses('outside.connect_to', outside.connect_to ?? 'off');
  const roots = readRoots(outside.ca_file);
  const flaws = [connectTo, roots].flatMap((part) => (part.ok ? [] : part.flaws));
  if (flaws.length > 0 || !connectTo.ok || !roots.ok) return flawed(...flaws);
  return parsed({ connectTo: connectTo.value, roots: roots.value });
}

function readRoots(file: string | undefined): Parsed<string> {
  if (file === undefined) return parsed('');
  try {
    return parsed(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = `The file can't be read (${(error as NodeJS.ErrnoException).code})`;
    return flawed({ path: 'outside.ca_file', message, remedy: 'Correct its name, or let Postseal read it' });
  }
}

/** Where TLS reports are to go. */
export function readReports({ reports }: Settings): Parsed<readonly ReportUri[]> {
  if (reports?.rua === undefined) return parsed([]);
  const uris = parseReportUris(reports.rua);
  return uris.ok ? uris : flawed(...uris.flaws.map((flaw) => ({ ...flaw, path: 'reports.rua' })));
}

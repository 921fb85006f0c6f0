import { checkAudit } from '../access/audit.ts';
import { openAccess } from '../store/files/access-file.ts';
import { openForReading } from '../store/files/state-database.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print, printJson } from './printing.ts';
import { opened } from './state.ts';

/** `postseal audit verify`: whether every line is there as it was written. Reads the state file of this machine. */
export function verifyAudit({ json }: { json?: boolean }, file: string | undefined): void {
  const config = loadConfig(file);
  const found = config && opened(() => openForReading(config.store.state));
  if (config === undefined || found === undefined) return;
  found.close();
  const access = openAccess(config.store.state);
  try {
    const check = checkAudit(access.audit.lines(), access.audit.head());
    if (json) printJson(check);
    if (check.outcome === 'broken') {
      const remedy = 'Compare it with a backup of the state file, and ask who could write there';
      fail(`The audit is broken at line ${check.number}: ${check.why}`, remedy, EXIT.flawed);
    } else if (!json)
      print(`All ${check.head.number} lines are there as they were written. Head: ${check.head.hash}`);
  } finally {
    access.close();
  }
}

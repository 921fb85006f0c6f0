import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import t from 'tap';
import {
  AUDIT_BEGIN,
  type AuditEntry,
  type AuditLine,
  auditHash,
  checkAudit,
} from '../../src/access/audit.ts';
import { openAccess } from '../../src/store/files/access-file.ts';
import { holds } from '../property.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const entry = (cause: string): AuditEntry => ({
  ...{ at: 1, by: { name: 'token:a', address: '192.0.2.1' }, action: 'tenant.create' },
  ...{ domain: undefined, before: undefined, after: undefined, cause },
});

function chain(causes: readonly string[]): { lines: AuditLine[]; head: { number: number; hash: string } } {
  let head = { number: 0, hash: AUDIT_BEGIN };
  const lines = causes.map((cause) => {
    const number = head.number + 1;
    const line = { ...entry(cause), number, hash: auditHash(head.hash, number, entry(cause)) };
    head = { number, hash: line.hash };
    return line;
  });
  return { lines, head };
}

t.test('any line that was changed, taken out, doubled or put elsewhere shows', async (t) => {
  const causes = fc.array(fc.string(), { minLength: 2, maxLength: 10 });
  holds(
    t,
    fc.property(
      causes,
      fc.nat(),
      fc.constantFrom('change', 'remove', 'double', 'swap', 'add'),
      (causes, at, how) => {
        const { lines, head } = chain(causes);
        if (checkAudit(lines, head).outcome !== 'whole') throw new Error('a whole one is whole');
        const index = at % lines.length;
        const line = lines[index];
        const last = lines.at(-1);
        if (line === undefined || last === undefined) return;
        if (how === 'change') lines[index] = { ...line, cause: `${line.cause}!` };
        if (how === 'remove') lines.splice(index, 1);
        if (how === 'double') lines.splice(index, 0, line);
        if (how === 'swap') lines.splice(index, 1, ...lines.splice((index + 1) % lines.length, 1, line));
        if (how === 'add') lines.push({ ...last, number: last.number + 1 });
        if (checkAudit(lines, head).outcome !== 'broken') throw new Error(`${how} does not show`);
      },
    ),
  );
});

t.test('in the state file too, from both ends', async (t) => {
  const folder = temporaryFolder(t);
  const access = openAccess(folder);
  for (const cause of ['one', 'two', 'three']) access.audit.append(entry(cause));
  access.audit.appendAll([entry('four'), entry('five')]);
  const check = () => checkAudit(access.audit.lines(), access.audit.head());
  t.match(check(), { outcome: 'whole', head: { number: 5 } });
  const database = new DatabaseSync(join(folder, 'state.sqlite'));
  const spoil = (sql: string, number: number) => {
    database.exec('BEGIN');
    database.exec(sql);
    database.exec('COMMIT');
    t.match(check(), { outcome: 'broken', number });
  };
  spoil("UPDATE audit SET actor = 'nobody' WHERE number = 4", 4);
  spoil('DELETE FROM audit WHERE number > 4', 4);
  spoil("UPDATE audit SET actor = 'token:a' WHERE number = 4", 5);
  spoil('DELETE FROM audit WHERE number = 1', 1);
  database.close();
  access.close();
});

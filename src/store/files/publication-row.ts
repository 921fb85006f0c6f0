import type { Hostname } from '../../names/hostname.ts';
import { afterLeaving, type Beginning, type Course, newCourse } from '../../tenant/publication.ts';
import type { Connection } from './connection.ts';

interface Row {
  readonly state: string;
}

export function readCourse(connection: Connection, domain: Hostname): Course | undefined {
  const row = connection.sql('SELECT state FROM publication WHERE domain = ?').get(domain) as Row | undefined;
  return row && courseOf(row);
}

/** Within the transaction that records the revision, so that neither is without the other. */
export function beginCourse(connection: Connection, domain: Hostname, beginning: Beginning): void {
  writeCourse(connection, domain, newCourse(beginning, readCourse(connection, domain)));
}

/** Within the transaction that records the leaving. */
export function endCourse(connection: Connection, domain: Hostname, now: number): void {
  const course = readCourse(connection, domain);
  if (course !== undefined) writeCourse(connection, domain, afterLeaving(course, now));
}

/** Within a transaction of the caller's. */
export function writeCourse(connection: Connection, domain: Hostname, course: Course): void {
  const { number, stage, wakeAt, waiting, handed } = course;
  connection
    .sql(
      `INSERT OR REPLACE INTO publication (domain, number, stage, wake_at, waiting_since, handed, state)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      domain,
      number,
      stage,
      Math.ceil(wakeAt),
      waiting?.since ?? null,
      handed ?? null,
      JSON.stringify(course),
    );
}

/** What is undefined is absent in the text; it reads the same. */
export function courseOf({ state }: Row): Course {
  return JSON.parse(state) as Course;
}

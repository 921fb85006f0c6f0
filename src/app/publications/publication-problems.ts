import type { TenantCourse } from '../../tenant/publication-store.ts';

export interface PublicationTrouble {
  readonly failure: string | undefined;
  /** The one that waits longest, if any does. */
  readonly waiting: readonly TenantCourse[];
  readonly now: number;
}

// A change takes minutes, and longer where a record that somebody may keep has to expire first, in milliseconds.
const LONG = 3600_000;

/** What is wrong with publications, in words. */
export function publicationProblems({ failure, waiting, now }: PublicationTrouble): readonly string[] {
  const [longest] = waiting;
  const reason = longest?.course.waiting;
  const told = failure === undefined ? [] : [failure];
  if (longest === undefined || reason === undefined || now - reason.since < LONG) return told;
  const since = new Date(reason.since).toISOString();
  const remedy = reason.remedy === undefined ? '' : `. ${reason.remedy}`;
  const { stage } = longest.course;
  return [
    ...told,
    `The policy of ${longest.domain} is no further than ${stage} since ${since}: ${reason.why}${remedy}`,
  ];
}

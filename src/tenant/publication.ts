/** The way of a change, in this order. */
export const PUBLICATION_STAGES = ['accepted', 'certified', 'serving', 'announced', 'observed'] as const;
export type PublicationStage = (typeof PUBLICATION_STAGES)[number];

/** Where a tenant's newest revision is on its way. Times are milliseconds since 1970. */
export interface Publication {
  /** The revision's. */
  readonly number: number;
  readonly id: string;
  readonly stage: PublicationStage;
  /** When each stage was reached. */
  readonly reached: Readonly<Partial<Record<PublicationStage, number>>>;
  /** Why the next stage is not reached yet, and what to do about it where a person can; undefined at the end. */
  readonly waiting:
    | { readonly why: string; readonly remedy?: string; readonly since: number; readonly next: number }
    | undefined;
}

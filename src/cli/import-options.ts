export interface ImportOptions {
  /** Changes those that are there already. */
  readonly update?: boolean;
  readonly dryRun?: boolean;
  readonly cause?: string;
  readonly json?: boolean;
}

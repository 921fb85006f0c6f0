import { StateFileError } from '../store/files/state-error.ts';
import { EXIT, fail } from './printing.ts';

/** Opens what a command reads; where the state file can't be used, it says so and the exit code is set. */
export function opened<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error;
    fail(error.message, error.remedy, EXIT.unavailable);
    return undefined;
  }
}

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What of the file system is other than usual for a program: a shell line that runs before it, with `$FOLDER`. */
export type Disk = string;

/** The folder can be read and nothing more. Permissions would not do: the tests may run as root. */
export const READ_ONLY: Disk = 'mount --bind "$FOLDER" "$FOLDER" && mount -o remount,ro,bind "$FOLDER"';

/** The folder is empty and has room for this much only, such as `64k`. */
export function small(size: string): Disk {
  return `mount -t tmpfs -o size=${size} tmpfs "$FOLDER"`;
}

/**
 * Runs a program of this folder in a mount namespace of its own, where the disk is as told.
 * @returns what the program prints, a JSON value.
 */
export function runOn(disk: Disk, program: string, folder: string): unknown {
  const script = `${disk} && exec "$NODE" "$PROGRAM" "$FOLDER"`;
  const path = fileURLToPath(new URL(program, import.meta.url));
  const environment = { PATH: process.env.PATH, FOLDER: folder, NODE: process.execPath, PROGRAM: path };
  const output = execFileSync('unshare', ['--mount', 'sh', '-c', script], {
    env: environment,
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

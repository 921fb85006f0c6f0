import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Home } from '../server/server.ts';

/** A home whose state folder is a disk of 24 megabytes: the log alone of the state file grows to four, in a mount namespace of its own. Needs root. */
export class SmallDisk {
  readonly home = new Home();
  readonly #keeper: ChildProcess;

  private constructor() {
    mkdirSync(this.home.state);
    const script = 'mount -t tmpfs -o size=24m none "$1" && echo mounted && exec sleep 3600';
    this.#keeper = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', this.home.state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  static async make(): Promise<SmallDisk> {
    const disk = new SmallDisk();
    await once(disk.#keeper.stdout as NodeJS.ReadableStream, 'data');
    return disk;
  }

  /** The command that runs another one where the disk is mounted. */
  get through(): readonly string[] {
    return ['nsenter', '-m', '-t', `${this.#keeper.pid}`];
  }

  /** The root certificate of the local CA. */
  get root(): string {
    return readFileSync(join(this.#inside, 'local-ca', 'root.pem'), 'utf8');
  }

  fill(): void {
    this.#shrinkLog();
    try {
      writeFileSync(join(this.#inside, 'filler'), Buffer.alloc(32 * 1024 * 1024));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
    throw new Error('the disk is not full');
  }

  /** What the log of the state file has on the disk already could be written to again, full or not. */
  #shrinkLog(): void {
    const [command = '', ...args] = this.through;
    const shrink = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync('${join(this.home.state, 'state.sqlite')}', { timeout: 5000 });
      while (database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get().busy);`;
    execFileSync(command, [...args, process.execPath, '-e', shrink], { timeout: 20_000 });
  }

  empty(): void {
    rmSync(join(this.#inside, 'filler'));
  }

  remount(how: 'ro' | 'rw'): void {
    const [command = '', ...args] = [...this.through, 'mount', '-o', `remount,${how}`, this.home.state];
    execFileSync(command, args);
  }

  remove(): void {
    this.#keeper.kill('SIGKILL');
    this.home.remove();
  }

  get #inside(): string {
    return `/proc/${this.#keeper.pid}/root${this.home.state}`;
  }
}

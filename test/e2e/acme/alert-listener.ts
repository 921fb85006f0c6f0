import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { AlertMessage } from '../../../src/alerts/message.ts';
import type { Host } from '../../peers/host.ts';
import type { Program } from '../../peers/program.ts';

const RECEIVER = fileURLToPath(new URL('alert-receiver.ts', import.meta.url));
const PORT = 8080;

interface Received {
  readonly line: string;
  /** The id and the time of the request, with its signature. */
  readonly signed: Readonly<Record<'id' | 'at' | 'signature', string | undefined>>;
  readonly body: string;
}

/** Somebody on another host who is told alerts. */
export class AlertListener {
  readonly secret = 'a secret for tests only';
  /** With a secret in it, as those of chat programs have. */
  readonly url: string;
  readonly #program: Program;

  private constructor(host: Host, program: Program) {
    this.#program = program;
    this.url = `http://${host.address}:${PORT}/T0/s3cret-path`;
  }

  static async start(host: Host): Promise<AlertListener> {
    const program = host.spawn(process.execPath, [RECEIVER, host.address, String(PORT)]);
    await host.waitForPort(PORT, program, host.address);
    return new AlertListener(host, program);
  }

  /** The messages so far, each with a good signature. */
  get messages(): readonly AlertMessage[] {
    return this.#program.lines.map((line) => {
      const { signed, body }: Received = JSON.parse(line);
      const { id, at, signature } = signed;
      const expected = createHmac('sha256', this.secret).update(`${id}.${at}.${body}`).digest('base64');
      if (signature !== `v1,${expected}`) throw new Error(`a bad signature: ${signature}`);
      return JSON.parse(body);
    });
  }

  /** All that was told so far about certificates, each as state, severity and subject. */
  get news(): readonly string[] {
    const alerts = this.messages.flatMap((message) => message.alerts);
    return alerts
      .filter(({ kind }) => kind === 'certificate-not-renewed')
      .map(({ state, severity, subject }) => `${state} ${severity} ${subject}`);
  }

  /** Waits until each of these subjects was told of so. */
  async heard(how: string, subjects: readonly string[]): Promise<void> {
    const isHeard = () => subjects.every((subject) => this.news.includes(`${how} ${subject}`));
    await this.#program.until(`${how} of ${subjects.join(', ')}`, isHeard, 60);
  }
}

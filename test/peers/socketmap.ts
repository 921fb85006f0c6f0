import { connect } from 'node:net';

const PATIENCE_MILLISECONDS = 60_000;

/**
 * Asks a Postfix socketmap (socketmap_table(5)) one question and gives the reply, such as `OK secure match=…` or
 * `NOTFOUND `. Question and reply are netstrings: length, colon, text, comma.
 */
export function querySocketmap(path: string, map: string, key: string): Promise<string> {
  const question = `${map} ${key}`;
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.write(`${Buffer.byteLength(question)}:${question},`);
    socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy(new Error(`no reply to "${question}"`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the socketmap closed in the middle of "${received}"`)));
    socket.on('data', (text) => {
      received += text;
      const [length = '', rest] = received.split(/:(.*)/s);
      if (rest === undefined || rest.length <= Number(length)) return;
      resolve(rest.slice(0, Number(length)));
      socket.destroy();
    });
  });
}

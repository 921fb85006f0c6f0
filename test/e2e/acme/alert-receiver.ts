import { createServer } from 'node:http';

// Run by Node on a host of its own: takes what is sent to it, and prints a line of JSON for each request.

const [address = '', port = ''] = process.argv.slice(2);

createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { method, url, headers } = request;
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers;
  const body = Buffer.concat(parts).toString();
  console.info(JSON.stringify({ line: `${method} ${url}`, signed: { id, at, signature }, body }));
  response.writeHead(204).end();
}).listen(Number(port), address);

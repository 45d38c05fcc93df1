// Reads its settings, a line of JSON, from the standard input; seeds the database; serves with that many workers on one
// port; says that it is ready. It ends when the standard input does, so never later than who started it.
import cluster from 'node:cluster';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const VARIABLE = 'PEER_SETTINGS';

async function lead() {
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(0));
  const { value } = await lines[Symbol.asyncIterator]().next();
  const settings = { ...JSON.parse(value), key: generateKey(), cookieKeys: [randomBytes(32).toString('base64url')] };
  const { seed } = await import('./seed.mjs');
  await seed(settings);
  let missing = settings.workers;
  cluster.on('listening', () => {
    missing -= 1;
    if (missing === 0) console.log(`ready ${settings.issuer}`);
  });
  cluster.on('exit', () => process.exit(1));
  // Connections are dealt out in turn, so that all workers have as many.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  for (let number = 0; number < settings.workers; number += 1) {
    cluster.fork({ [VARIABLE]: JSON.stringify(settings) });
  }
}

function generateKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
}

async function work() {
  const settings = JSON.parse(process.env[VARIABLE]);
  delete process.env[VARIABLE];
  const { createPool, createProvider } = await import('./provider.mjs');
  const provider = await createProvider(settings, createPool(settings));
  const server = createServer({ keepAliveTimeout: 65_000 }, provider.callback());
  server.listen(settings.port, settings.host);
}

await (cluster.isPrimary ? lead() : work());

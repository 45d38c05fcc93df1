// oidc-provider as the provider that the modules of the conformance tests are tried on. It reads its settings, a line of
// JSON, from the standard input, and then orders, a line each: time to let pass, or another key to sign by. It keeps
// everything in memory, and ends when the standard input does.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';

import { configure } from './configuration.mjs';
import { createInteractions } from './interactions.mjs';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const settings = JSON.parse((await lines.next()).value);
const { default: Provider } = await import(settings.library);

const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

const cookieKeys = [randomBytes(32).toString('base64url')];
const keys = [];
let answer;

function addKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  keys.unshift({ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' });
  // Another instance over the same memory: the library takes its keys when it is made. It signs by the first.
  const provider = new Provider(settings.issuer, configure(settings, keys, cookieKeys));
  provider.use(createInteractions(provider, settings));
  provider.on('server_error', (_, error) => console.error(error));
  answer = provider.callback();
}

addKey();
createServer((request, response) => answer(request, response)).listen(settings.port, settings.host, () => {
  console.log(`ready ${settings.issuer}`);
});

for await (const line of lines) {
  const { advance, rotate } = JSON.parse(line);
  if (advance) ahead += advance * 1000;
  if (rotate) addKey();
  console.log('done');
}
process.exit(0);

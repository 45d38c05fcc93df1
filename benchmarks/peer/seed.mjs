// What is there before anybody calls: the tables, the clients, and people who have consented to the app.
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';

import { hashPassword } from './people.mjs';
import { createPool, createProvider } from './provider.mjs';

const INSERT_PERSON = `insert into person (id, email, given_name, family_name, password_digest)
  values ($1, $2, $3, $4, $5)`;
const YEAR = 365 * 24 * 60 * 60;

export async function seed(settings) {
  const pool = createPool(settings);
  await pool.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
  const provider = await createProvider(settings, pool);
  for (const client of settings.clients) {
    await provider.Client.adapter.upsert(client.client_id, client, YEAR);
  }
  await Promise.all(settings.emails.map((email) => seedPerson(pool, provider, email, settings)));
  await pool.end();
}

async function seedPerson(pool, provider, email, { password, consent }) {
  const id = randomUUID();
  await pool.query(INSERT_PERSON, [id, email, 'Bench', 'Mark', await hashPassword(password)]);
  const grant = new provider.Grant({ accountId: id, clientId: consent.clientId });
  grant.addOIDCScope(consent.scope);
  await grant.save();
}

// The people, and their passwords: argon2id with what OWASP names second, 19 MiB and two passes, as Borvo has it.
import { Algorithm, hash, verify } from '@node-rs/argon2';

const COST = { algorithm: Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const FIND = { name: 'findPerson', text: 'select id, email, given_name, family_name from person where id = $1' };
const FIND_BY_EMAIL = { name: 'findPersonByEmail', text: 'select id, password_digest from person where email = $1' };

export const hashPassword = (password) => hash(password, COST);

export async function createPeople(pool) {
  const decoy = await hashPassword('nobody has this password');

  async function findAccount(_, id) {
    const { rows: [person] } = await pool.query({ ...FIND, values: [id] });
    return person && { accountId: person.id, claims: async () => mapClaims(person) };
  }

  // The id of who has address and password. It takes as long for an address that nobody has.
  async function authenticate(email, password) {
    const { rows: [person] } = await pool.query({ ...FIND_BY_EMAIL, values: [email.toLowerCase()] });
    const isRight = await verify(person?.password_digest ?? decoy, password);
    return isRight ? person?.id : undefined;
  }

  return { findAccount, authenticate };
}

function mapClaims(person) {
  return {
    sub: person.id,
    name: `${person.given_name} ${person.family_name}`,
    given_name: person.given_name,
    family_name: person.family_name,
    email: person.email,
    email_verified: false,
  };
}

// What oidc-provider persists, all of it in one table, by its documented adapter interface.
import { errors } from 'oidc-provider';

const FIND = 'select payload, extract(epoch from consumed_at)::int4 as consumed from document where type = $1 and ';

// Named, so that each connection prepares a statement once.
const STATEMENTS = {
  find: `${FIND} id = $2`,
  findByUid: `${FIND} uid = $2`,
  findByUserCode: `${FIND} user_code = $2`,
  findConsent: `select id from document
    where type = 'Grant' and payload ->> 'accountId' = $1 and payload ->> 'clientId' = $2`,
  upsert: `insert into document as present (type, id, payload, grant_id, uid, user_code, expires_at)
    values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')
    on conflict (id, type) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
  consume: 'update document set consumed_at = now() where type = $1 and id = $2 and consumed_at is null',
  destroy: 'delete from document where type = $1 and id = $2',
  revokeByGrantId: 'delete from document where type = $1 and grant_id = $2',
};

export function createStore(pool) {
  const run = (name, ...values) => pool.query({ name, text: STATEMENTS[name], values });

  async function find(name, type, key) {
    const { rows } = await run(name, type, key);
    if (rows.length === 0) return undefined;
    const { payload, consumed } = rows[0];
    if (consumed !== null) payload.consumed = consumed;
    return payload;
  }

  const createAdapter = (type) => ({
    find: (id) => find('find', type, id),
    findByUid: (uid) => find('findByUid', type, uid),
    findByUserCode: (userCode) => find('findByUserCode', type, userCode),
    destroy: (id) => run('destroy', type, id),
    revokeByGrantId: (grantId) => run('revokeByGrantId', type, grantId),
    upsert: (id, payload, expiresIn) =>
      run('upsert', type, id, JSON.stringify(payload), payload.grantId, payload.uid, payload.userCode, expiresIn),
    async consume(id) {
      // The row changes once, whoever else tries: what was read before is no proof that nobody used it meanwhile.
      const { rowCount } = await run('consume', type, id);
      if (rowCount !== 1) throw new errors.InvalidGrant('already used');
    },
  });

  async function findConsent(accountId, clientId) {
    const { rows } = await run('findConsent', accountId, clientId);
    return rows[0]?.id;
  }

  return { createAdapter, findConsent };
}

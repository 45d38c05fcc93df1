// Where the library keeps what it has made, by its documented interface: every instance looks into the same memory.
const kept = new Map();

const isLive = (entry) => entry && (entry.until === undefined || Date.now() < entry.until);

export class Memory {
  constructor(kind) {
    this.kind = kind;
  }

  #find(isWanted) {
    for (const entry of kept.values()) {
      if (entry.kind === this.kind && isLive(entry) && isWanted(entry)) return entry.payload;
    }
    return undefined;
  }

  async upsert(id, payload, seconds) {
    const until = seconds ? Date.now() + seconds * 1000 : undefined;
    kept.set(`${this.kind} ${id}`, { kind: this.kind, payload, until });
  }

  async find(id) {
    const entry = kept.get(`${this.kind} ${id}`);
    return isLive(entry) ? entry.payload : undefined;
  }

  async findByUid(uid) {
    return this.#find(({ payload }) => payload.uid === uid);
  }

  async findByUserCode(userCode) {
    return this.#find(({ payload }) => payload.userCode === userCode);
  }

  async consume(id) {
    kept.get(`${this.kind} ${id}`).payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    kept.delete(`${this.kind} ${id}`);
  }

  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of kept) {
      if (payload.grantId === grantId) kept.delete(key);
    }
  }
}

// As much of a browser's window as a page needs to sign somebody in: an address, a store that outlives the page, a body.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const file = process.env.STORE;
const kept = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
const store = {
  getItem: (name) => kept[name] ?? null,
  setItem: (name, value) => {
    kept[name] = value;
    writeFileSync(file, JSON.stringify(kept));
  },
  removeItem: (name) => {
    delete kept[name];
    writeFileSync(file, JSON.stringify(kept));
  },
  key: (number) => Object.keys(kept)[number] ?? null,
  get length() {
    return Object.keys(kept).length;
  },
};

function finish(text) {
  console.log(text);
  process.exit();
}

const address = new URL(process.env.PAGE);
const history = { replaceState: () => {} };
const location = { href: address.href, search: address.search, origin: address.origin, assign: finish, replace: finish };
const body = { set textContent(text) { finish(text); } };
for (const [name, value] of Object.entries({ location, history, document: { body }, localStorage: store, sessionStorage: store })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
const ignore = () => {};
const window = { self: globalThis, top: globalThis, addEventListener: ignore, removeEventListener: ignore, stop: ignore };
Object.assign(globalThis, { window: globalThis, ...window });

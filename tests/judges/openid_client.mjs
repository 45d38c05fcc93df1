// Journeys of `openid-client`, a certified relying party. It writes one line of JSON for each address that the person is to
// visit, and reads one with what her browser brings; then one line for each journey with what came of it.
import { createInterface } from "node:readline";
import * as oidc from "openid-client";

const { issuer, callback, clients, secret, shared, initial, key } = JSON.parse(process.env.JUDGE);
const replies = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => console.log(JSON.stringify(line));
const SCOPE = "openid profile email offline_access";

// A URL, or for a form the request that her browser sends.
async function visit(url, decision = "allow") {
  say({ visit: String(url), decision });
  const { url: landed, body } = JSON.parse((await replies.next()).value);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return body ? new Request(landed, { method: "POST", headers, body }) : landed && new URL(landed);
}

const DISCOVERY = { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] };

async function discover(name, authentication, metadata = {}) {
  return oidc.discovery(new URL(issuer), clients[name], metadata, authentication, DISCOVERY);
}

// An authorization request with all that protects it, and what the answer is checked against.
async function ask(config, parameters = {}, decision = "allow", build = oidc.buildAuthorizationUrl, options = {}) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const asked = {
    redirect_uri: callback,
    scope: SCOPE,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  };
  const url = await build(config, asked, options);
  return { checks, landed: await visit(url, decision), sent: [...url.searchParams.keys()].sort() };
}

async function signIn(config, parameters = {}, build = undefined, options = {}) {
  const { checks, landed, sent } = await ask(config, parameters, "allow", build, options);
  const expected = { ...checks, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, landed, expected, undefined, options);
  return { tokens, sent, sub: tokens.claims().sub };
}

function importKey() {
  return crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

async function fault(promise) {
  try {
    await promise;
  } catch (error) {
    return { kind: error.constructor.name, error: error.error, status: error.status, code: error.code };
  }
  return "no fault";
}

// Login, userinfo, refresh, logout: the whole life of a session at a client.
async function live(config, parameters = {}, build = undefined, options = {}) {
  const { tokens, sub, sent } = await signIn(config, { max_age: "3600", ...parameters }, build, options);
  const person = await oidc.fetchUserInfo(config, tokens.access_token, sub, options);
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  const again = await oidc.fetchUserInfo(config, fresh.access_token, sub, options);
  const state = oidc.randomState();
  const leaving = { id_token_hint: fresh.id_token ?? tokens.id_token, post_logout_redirect_uri: `${callback}/bye`, state };
  const left = await visit(oidc.buildEndSessionUrl(config, leaving));
  return {
    sub,
    sent,
    type: tokens.token_type,
    person,
    is_same_person: again.sub === sub,
    is_rotated: fresh.refresh_token !== tokens.refresh_token && fresh.access_token !== tokens.access_token,
    left: { address: left.origin + left.pathname, has_state: left.searchParams.get("state") === state },
  };
}

const journeys = {
  basic: async () => live(await discover("basic", oidc.ClientSecretBasic(secret))),

  post: async () => live(await discover("basic", oidc.ClientSecretPost(secret))),

  public: async () => live(await discover("public", oidc.None())),

  async pushed() {
    const config = await discover("pushed", oidc.ClientSecretBasic(secret));
    return live(config, {}, oidc.buildAuthorizationUrlWithPAR);
  },

  // RFC 7523: it signs who it is, with its own key or with its secret.
  async key_holder() {
    return live(await discover("key_holder", oidc.PrivateKeyJwt({ key: await importKey(), kid: key.kid })));
  },

  async secret_holder() {
    return live(await discover("secret_holder", oidc.ClientSecretJwt(shared)));
  },

  async signed() {
    const config = await discover("signed", oidc.ClientSecretBasic(secret));
    const signingKey = { key: await importKey(), kid: key.kid };
    return live(config, {}, (config, asked) => oidc.buildAuthorizationUrlWithJAR(config, asked, signingKey));
  },

  // A bound token in the hands of somebody who has another key.
  async stolen() {
    const config = await discover("bound", oidc.None());
    const prove = async () => ({ DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256")) });
    const { tokens, sub } = await signIn(config, {}, undefined, await prove());
    return fault(oidc.fetchUserInfo(config, tokens.access_token, sub, await prove()));
  },

  async registered() {
    const metadata = {
      client_name: "Judge",
      redirect_uris: [callback],
      post_logout_redirect_uris: [`${callback}/bye`],
      grant_types: ["authorization_code", "refresh_token"],
      scope: SCOPE,
    };
    const given = { ...DISCOVERY, initialAccessToken: initial };
    return live(await oidc.dynamicClientRegistration(new URL(issuer), metadata, oidc.ClientSecretBasic(), given));
  },

  // Known by a name of its own, and told about people in signed answers.
  async pairwise() {
    const metadata = { userinfo_signed_response_alg: "RS256" };
    return live(await discover("pairwise", oidc.ClientSecretBasic(secret), metadata));
  },

  // Tokens that are bound to a key, of an app without a secret; and the same key in no hand.
  async bound() {
    const config = await discover("bound", oidc.None());
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
    const verdict = await live(config, {}, oidc.buildAuthorizationUrlWithPAR, { DPoP });
    const { tokens, sub } = await signIn(config, {}, oidc.buildAuthorizationUrlWithPAR, { DPoP });
    return {
      ...verdict,
      unproven: await fault(signIn(config)),
      userinfo: await fault(oidc.fetchUserInfo(config, tokens.access_token, sub)),
      refresh: await fault(oidc.refreshTokenGrant(config, tokens.refresh_token)),
    };
  },

  // As the published samples: `code id_token` by a form, without PKCE.
  async hybrid() {
    const config = await discover("hybrid", oidc.ClientSecretPost(secret));
    oidc.useCodeIdTokenResponseType(config);
    const { tokens, sub } = await signIn(config, { response_mode: "form_post" });
    return { is_same_person: (await oidc.fetchUserInfo(config, tokens.access_token, sub)).sub === sub };
  },

  async implicit() {
    const config = await discover("implicit", oidc.None());
    oidc.useIdTokenResponseType(config);
    const nonce = oidc.randomNonce();
    const state = oidc.randomState();
    const asked = { redirect_uri: callback, scope: "openid", nonce, state };
    const landed = await visit(oidc.buildAuthorizationUrl(config, asked));
    const claims = await oidc.implicitAuthentication(config, landed, nonce, { expectedState: state });
    return { aud: claims.aud, has_client: claims.aud === clients.implicit, answer: landed.search };
  },

  async declined() {
    const config = await discover("other", oidc.ClientSecretBasic(secret));
    const { checks, landed } = await ask(config, {}, "decline");
    return fault(oidc.authorizationCodeGrant(config, landed, checks));
  },

  async wrong_secret() {
    const config = await discover("basic", oidc.ClientSecretBasic("not the secret"));
    const { checks, landed } = await ask(config);
    return fault(oidc.authorizationCodeGrant(config, landed, checks));
  },

  // Somebody puts the answer of her own sign-in into another's browser.
  async injected() {
    const config = await discover("basic", oidc.ClientSecretBasic(secret));
    const { landed } = await ask(config);
    const { checks } = await ask(config);
    const url = new URL(landed);
    url.searchParams.set("state", checks.expectedState);
    return fault(oidc.authorizationCodeGrant(config, url, checks));
  },

  async service() {
    const config = await discover("service", oidc.ClientSecretBasic(secret));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: "agency_api" });
    return { type: tokens.token_type, scope: tokens.scope, expires_in: tokens.expires_in };
  },

  async ended() {
    const config = await discover("basic", oidc.ClientSecretBasic(secret));
    const { tokens, sub } = await signIn(config);
    const before = await oidc.tokenIntrospection(config, tokens.access_token);
    await oidc.tokenRevocation(config, tokens.refresh_token);
    return {
      before: { active: before.active, is_same_person: before.sub === sub, client: before.client_id === clients.basic },
      after: (await oidc.tokenIntrospection(config, tokens.access_token)).active,
      userinfo: await fault(oidc.fetchUserInfo(config, tokens.access_token, sub)),
      refresh: await fault(oidc.refreshTokenGrant(config, tokens.refresh_token)),
    };
  },
};

async function run(name, journey) {
  try {
    say({ journey: name, verdict: await journey() });
  } catch (error) {
    const why = [error, error.cause].filter(Boolean).map((each) => each.stack ?? JSON.stringify(each));
    say({ journey: name, fault: why.join("\n") });
  }
}

// A device asks every five seconds: it waits while the others go on.
async function beginDevice() {
  const config = await discover("device", oidc.None());
  const begun = await oidc.initiateDeviceAuthorization(config, { scope: SCOPE });
  await visit(begun.verification_uri_complete);
  const polled = oidc.pollDeviceAuthorizationGrant(config, begun);
  polled.catch(() => {});
  return async () => {
    const tokens = await polled;
    const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    return { scope: tokens.scope, name: person.given_name };
  };
}

let device = async () => {
  throw new Error("the device did not begin");
};
await run("device_begun", async () => {
  device = await beginDevice();
  return true;
});
for (const [name, journey] of Object.entries(journeys)) await run(name, journey);
await run("device", device);
process.exit();

// The provider as it would be run. Chosen in its favour: only the features that are measured are on, so no request is
// looked at for the others; access tokens of people are opaque, so that a signature is made for the ID token alone; the
// lifetimes are numbers; tokens do not end with the session, which would be looked up with each of them; grants are found
// by person and client, one read at the first sign-in; statements are prepared and planned once on a connection.
import Provider from 'oidc-provider';
import pg from 'pg';

import { createStore } from './adapter.mjs';
import { createInteractions } from './interactions.mjs';
import { createPeople } from './people.mjs';

const API = 'urn:borvo:benchmark:api';
const DAY = 24 * 60 * 60;

export function createPool({ databaseUrl, connections }) {
  return new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    idleTimeoutMillis: 0,
    // As Borvo's connections; and the cost of a random read on a disk of today, so that a plan made while the table is
    // small uses its indexes.
    options: '-c plan_cache_mode=force_generic_plan -c jit=off -c random_page_cost=1.1',
  });
}

export async function createProvider(settings, pool) {
  const store = createStore(pool);
  const people = await createPeople(pool);
  const provider = new Provider(settings.issuer, {
    adapter: store.createAdapter,
    findAccount: people.findAccount,
    loadExistingGrant: (ctx) => loadConsent(ctx, store),
    ...POLICY,
    features: createFeatures(settings),
    jwks: { keys: [settings.key] },
    cookies: { keys: settings.cookieKeys },
  });
  provider.use(createInteractions(provider, people));
  provider.on('server_error', (_, error) => console.error(error));
  return provider;
}

const POLICY = {
  scopes: ['openid', 'offline_access'],
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name'],
    email: ['email', 'email_verified'],
  },
  responseTypes: ['code'],
  clientAuthMethods: ['client_secret_post'],
  clientBasedCORS: () => false,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  // Given to whoever may refresh. The library strikes offline_access where no consent is asked for (OpenID Connect
  // Core 11), and people are not asked twice.
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    ClientCredentials: 3600,
    Grant: 365 * DAY,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 30 * DAY,
    Session: 14 * DAY,
  },
};

const createFeatures = ({ serviceScope }) => ({
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  clientCredentials: { enabled: true },
  introspection: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
  resourceIndicators: {
    enabled: true,
    // None for people's apps: an access token without a resource is good for the user info.
    defaultResource: (ctx, client, oneOf) => (client.grantTypeAllowed('client_credentials') ? API : oneOf),
    getResourceServerInfo: () => ({
      scope: serviceScope,
      audience: API,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    }),
  },
});

async function loadConsent(ctx, store) {
  const { client, session, provider } = ctx.oidc;
  const id = session.grantIdFor(client.clientId) ?? (await store.findConsent(session.accountId, client.clientId));
  return id && provider.Grant.find(id);
}

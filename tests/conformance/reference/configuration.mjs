// All that the plans ask for and the library has.
import { createHash } from 'node:crypto';

import { Memory } from './memory.mjs';

export const configure = (settings, keys, cookieKeys) => ({
  adapter: Memory,
  jwks: { keys: [...keys] },
  enableHttpPostMethods: true,
  allowOmittingSingleRegisteredRedirectUri: false,
  cookies: { keys: cookieKeys, long: { sameSite: 'none', signed: true, httpOnly: true } },
  findAccount: (_, id) => (id === settings.person.id ? describe(settings.person) : undefined),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  claims: settings.scopeClaims,
  responseTypes: settings.responseTypes,
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: (_, accountId, client) =>
    createHash('sha256').update(`${client.sectorIdentifier} ${accountId}`).digest('hex'),
  pkce: { required: () => false },
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    requestObjects: { enabled: true },
    registration: { enabled: true, initialAccessToken: settings.initialAccessToken },
    registrationManagement: { enabled: true },
    backchannelLogout: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
  },
  // Without what keeps it from this machine, where the app of the tests is.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

const describe = ({ id, claims }) => ({ accountId: id, claims: async () => ({ sub: id, ...claims }) });

function logoutSource(ctx, form) {
  const button = '<button id="logout-confirm" type="submit" name="logout" value="yes">Sign out</button>';
  ctx.body = `<!DOCTYPE html><title>Sign out?</title>${form.replace('</form>', `${button}</form>`)}`;
}

function postLogoutSuccessSource(ctx) {
  ctx.body = '<!DOCTYPE html><title>Signed out</title><p id="logged-out">You are signed out.</p>';
}

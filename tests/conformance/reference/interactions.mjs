// The pages on which a person signs in and agrees.
const PATH = '/interaction/';

const renderPage = (action, id, fields) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>oidc-provider</title></head>
<body>
<form id="${id}-form" method="post" action="${action}">
${fields}
<button id="${id}-submit" type="submit">Continue</button>
</form>
</body>
</html>
`;

const LOGIN_FIELDS = `<input id="login-email" type="email" name="email">
<input id="login-password" type="password" name="password">`;

export function createInteractions(provider, settings) {
  return async function interact(ctx, next) {
    if (!ctx.path.startsWith(PATH)) return next();
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    const { prompt } = interaction;
    if (ctx.method !== 'POST') return show(ctx, prompt.name);
    const form = await readForm(ctx);
    const result = prompt.name === 'login' ? signIn(form, settings) : await consent(provider, interaction);
    if (!result) return show(ctx, prompt.name);
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true }));
  };
}

function show(ctx, name) {
  ctx.type = 'html';
  ctx.body = renderPage(ctx.path, name, name === 'login' ? LOGIN_FIELDS : '');
}

function signIn(form, { person }) {
  const isRight = form.get('email') === person.claims.email && form.get('password') === person.password;
  return isRight ? { login: { accountId: person.id } } : undefined;
}

async function consent(provider, { prompt, params, session, grantId }) {
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingOIDCClaims } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  return { consent: { grantId: await grant.save() } };
}

async function readForm(ctx) {
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

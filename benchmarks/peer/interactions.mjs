// The sign-in page. Whoever has consented is not asked again; a consent page is not there, since nobody measured needs it.
const PATH = '/interaction/';
const LIMIT = 4096;

const renderPage = (path, complaint) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title></head>
<body>
<main>
<h1>Sign in</h1>
<p>${complaint}</p>
<form method="post" action="${path}">
<label>E-mail <input type="email" name="email" required autocomplete="username"></label>
<label>Password <input type="password" name="password" required autocomplete="current-password"></label>
<button type="submit">Sign in</button>
</form>
</main>
</body>
</html>
`;

export function createInteractions(provider, people) {
  return async function interact(ctx, next) {
    if (!ctx.path.startsWith(PATH)) return next();
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    ctx.assert(ctx.path === PATH + interaction.uid, 404);
    if (interaction.prompt.name !== 'login') {
      return finish(ctx, interaction, { error: 'access_denied', error_description: 'nobody has consented to that' });
    }
    if (ctx.method !== 'POST') return show(ctx, '');
    const form = await readForm(ctx);
    const accountId = await people.authenticate(form.get('email') ?? '', form.get('password') ?? '');
    return accountId ? finish(ctx, interaction, { login: { accountId } }) : show(ctx, 'That is not right.');
  };
}

function show(ctx, complaint) {
  ctx.type = 'html';
  ctx.body = renderPage(ctx.path, complaint);
}

// As provider.interactionFinished does, which would look the interaction up once more.
async function finish(ctx, interaction, result) {
  interaction.result = result;
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
  ctx.status = 303;
  ctx.redirect(interaction.returnTo);
}

async function readForm(ctx) {
  const chunks = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    ctx.assert(size <= LIMIT, 413);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

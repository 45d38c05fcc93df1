"""IdentityServer: the OpenID provider."""

"""Use cases of the OpenID provider, one module an endpoint. Each loads the facts, lets the protocol engine decide,
and applies the effects, in one transaction."""

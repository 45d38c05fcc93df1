"""Commands: `borvo serve | demo | migrate | support`. Everything that talks to a terminal lives here."""

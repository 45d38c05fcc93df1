"""Sample types, scopes and the words for them: data and pure functions. A new type is one row of data here."""

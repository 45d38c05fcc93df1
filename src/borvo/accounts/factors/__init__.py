"""What a person proves beside her password, or instead of it: codes of an app, recovery codes, passkeys."""

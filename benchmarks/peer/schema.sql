-- The ids are random: compared as bytes they cost less than by a language's rules.
create table document (
    type text collate "C" not null,
    id text collate "C" not null,
    payload jsonb not null,
    grant_id text collate "C",
    uid text collate "C",
    user_code text collate "C",
    expires_at timestamptz,
    consumed_at timestamptz,
    primary key (id, type)
) with (fillfactor = 80);

-- A session is written anew with each authorization. As long as no b-tree names what changes in it, and its page has
-- room, no index is touched; therefore the clean-up has a block range index.
create index document_expiry on document using brin (expires_at);
create index document_grant on document (grant_id, type) where grant_id is not null;
create unique index document_uid on document (uid, type) where uid is not null;
create unique index document_user_code on document (user_code, type) where user_code is not null;
create unique index document_consent on document ((payload ->> 'accountId'), (payload ->> 'clientId')) where type = 'Grant';

create table person (
    id text collate "C" primary key,
    email text collate "C" not null unique,
    given_name text not null,
    family_name text not null,
    password_digest text not null
);

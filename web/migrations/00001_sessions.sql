-- +goose Up
create table web_session (
    id      text   primary key, -- SHA-256 of the cookie's value, hex
    subject text   not null,    -- whose it is; '' for nobody's
    value   text   not null,    -- JSON
    created bigint not null,    -- Unix milliseconds
    seen    bigint not null     -- Unix milliseconds, kept to the minute
);
create index web_session_subject on web_session (subject, created);
create index web_session_seen on web_session (seen);

create table web_login (
    state    text   primary key, -- SHA-256 of the state, hex
    browser  text   not null,    -- SHA-256 of the cookie of the browser that began, hex
    verifier text   not null,    -- PKCE
    next     text   not null,    -- where to go afterwards: a local path
    created  bigint not null     -- Unix milliseconds
);
create index web_login_browser on web_login (browser, created);
create index web_login_created on web_login (created);

-- +goose Down
drop table web_login;
drop table web_session;

-- +goose Up
create table announcement_teams (
    account text primary key
);

create table announcements (
    id text primary key,
    account text not null references announcement_teams (account),
    label text not null,
    created_by text not null,
    created bigint not null,
    length_ms bigint not null,
    size bigint not null,
    sha256 text not null,
    peak bigint not null,
    format text not null,
    rate bigint not null,
    channels bigint not null,
    source_ms bigint not null,
    last_played bigint not null,
    unique (account, sha256)
);

create table announcement_audio (
    announcement text primary key references announcements (id),
    wav bytea not null
);

create table announcement_links (
    token text primary key,
    announcement text not null references announcements (id),
    expires bigint not null,
    fetches bigint not null
);

create index announcement_links_announcement on announcement_links (announcement);
create index announcement_links_expires on announcement_links (expires);

-- +goose Down
drop table announcement_links;
drop table announcement_audio;
drop table announcements;
drop table announcement_teams;

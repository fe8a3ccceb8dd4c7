-- +goose Up
create table web_certificate (
    name text   primary key, -- as autocert names it: a host, an account
    data bytea  not null     -- sealed with the key of the installation
);

-- +goose Down
drop table web_certificate;

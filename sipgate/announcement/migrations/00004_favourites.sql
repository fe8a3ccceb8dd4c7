-- +goose Up
create table announcement_favourites (
    announcement text not null references announcements (id),
    member text not null, -- of the account whose announcement it is
    marked bigint not null,
    primary key (announcement, member)
);

-- +goose Down
drop table announcement_favourites;

-- +goose Up
create index journal_entries_noted on journal_entries (at) where kind = 'noted';

-- +goose Down
drop index journal_entries_noted;

-- What is known of the keys of the secret file; the keys themselves are never here. A row stays for ever: it is the record
-- of what became of its key.
create table key_encryption_keys (
    kek_id text primary key,
    use text not null check (use in ('wrap', 'blind')),
    fingerprint bytea not null,
    state text not null check (state in ('spare', 'current', 'superseded', 'retired', 'lost')),
    first_seen_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    -- How many subject keys went with it, for a lost one.
    lost_subject_keys bigint,
    check ((state = 'lost') = (lost_subject_keys is not null))
);
create unique index one_current_key on key_encryption_keys (use) where state = 'current';

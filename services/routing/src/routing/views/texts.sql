-- name: schema
create table if not exists case_texts_v1 (
    tenant text collate "C" not null,
    text_id text collate "C" not null,
    case_id text collate "C" not null,
    agent text collate "C" not null,
    -- 1 a note, 2 a reply on its way, 3 one that was sent.
    written smallint not null,
    by_human boolean not null,
    length integer not null,
    at bigint not null,
    subject_id text not null,
    nonce bytea not null,
    ciphertext bytea not null,
    primary key (text_id, tenant)
);
-- What was written in a case, the latest first.
create index if not exists case_texts_v1_by_case on case_texts_v1 (case_id, at);
-- What an agent replied last.
create index if not exists case_texts_v1_by_agent on case_texts_v1 (tenant, agent, at) where written > 1

-- name: load
select t.tenant, t.text_id, t.case_id, t.agent, t.written, t.by_human, t.length, t.at, t.subject_id, t.nonce, t.ciphertext
from case_texts_v1 t
join unnest($1::text[], $2::text[]) as wanted (tenant, text_id) on t.text_id = wanted.text_id and t.tenant = wanted.tenant

-- name: delete
delete from case_texts_v1 t
using unnest($1::text[], $2::text[]) as gone (tenant, text_id)
where t.text_id = gone.text_id and t.tenant = gone.tenant

-- name: save
insert into case_texts_v1
select * from unnest($1::case_texts_v1[])

-- name: notes
select case_id, agent, written, by_human, length, at, subject_id, nonce, ciphertext
from case_texts_v1
where case_id = any($2::text[]) and tenant is not distinct from $1 and written = 1
order by at desc, text_id
limit $3

-- name: answers
select distinct on (case_id) case_id, agent, written, by_human, length, at, subject_id, nonce, ciphertext
from case_texts_v1
where case_id = any($2::text[]) and tenant is not distinct from $1 and written = 3 and by_human and length <= $3
order by case_id, length desc, at desc, text_id

-- name: replies_since
select count(*)
from case_texts_v1
where case_id = any($2::text[]) and tenant is not distinct from $1 and written > 1 and at >= $3

-- name: by_agent
select case_id, agent, written, by_human, length, at, subject_id, nonce, ciphertext
from case_texts_v1
where tenant = $1 and agent = $2 and written > 1
order by at desc, text_id
limit $3

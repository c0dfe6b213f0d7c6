-- name: schema
create table if not exists case_drafts_v1 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    agent text collate "C" not null,
    saved_at bigint not null,
    subject_id text not null,
    nonce bytea not null,
    ciphertext bytea not null,
    -- The reply of the same agent that is on its way since, '' for none.
    reply_id text not null,
    primary key (case_id, agent, tenant)
)

-- name: load
select d.tenant, d.case_id, d.agent, d.saved_at, d.subject_id, d.nonce, d.ciphertext, d.reply_id
from case_drafts_v1 d
join unnest($1::text[], $2::text[]) as wanted (tenant, case_id) on d.case_id = wanted.case_id and d.tenant = wanted.tenant

-- name: delete
delete from case_drafts_v1 d
using unnest($1::text[], $2::text[]) as gone (tenant, case_id)
where d.case_id = gone.case_id and d.tenant = gone.tenant

-- name: save
insert into case_drafts_v1
select * from unnest($1::case_drafts_v1[])

-- name: list
select agent, saved_at, subject_id, nonce, ciphertext
from case_drafts_v1
where case_id = $2 and tenant = $1 and reply_id = '' and agent > $3
order by agent
limit $4

-- name: get
select agent, saved_at, subject_id, nonce, ciphertext
from case_drafts_v1
where case_id = $2 and tenant = $1 and reply_id = '' and agent = $3

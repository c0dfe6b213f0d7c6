-- Of a thread that memory has forgotten: what a decision about it needs. Each look-up goes by nothing but an id, see cases.sql.

-- name: of_keys
-- An id of another post that came before it was known to mean this one is both.
select thread_key, thread_id, alias_of
from case_keys_v9
where thread_key = any($2::text[]) and tenant is not distinct from $1
union all
select post_id, thread_id, ''
from case_posts_v9
where post_id = any($2::text[]) and thread_id <> '' and tenant is not distinct from $1

-- name: of_cases
select wanted.id as case_id, found.thread_id
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select thread_id
    from cases_v9
    where case_id = wanted.id and thread_id <> '' and tenant is not distinct from $1
    limit 1
) as found

-- name: aliases
select thread_key, alias_of
from case_keys_v9
where thread_id = $2 and alias_of <> '' and tenant is not distinct from $1
limit $3

-- name: latest
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where post_id = $2 and thread_id = post_id and tenant is not distinct from $1
)
union all
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where thread_id = $2 and thread_id <> post_id and tenant is not distinct from $1
    order by published_at desc, post_id desc
    limit $3
)
order by published_at desc, post_id desc
limit $3

-- name: first
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where post_id = $2 and thread_id = post_id and tenant is not distinct from $1
)
union all
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where thread_id = $2 and thread_id <> post_id and tenant is not distinct from $1
    order by published_at, post_id
    limit $3
)
order by published_at, post_id
limit $3

-- name: of_author
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where post_id = $2 and thread_id = post_id and identity = $3 and tenant is not distinct from $1
)
union all
(
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where thread_id = $2 and thread_id <> post_id and identity = $3 and tenant is not distinct from $1
    order by published_at
    limit $4
)
order by published_at
limit $4

-- name: named
select found.*
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select post_id, desk, thread_id, identity, published_at, addressed, withdrawn, case_id, customer, role, body
    from case_posts_v9
    where post_id = wanted.id and body <> '' and tenant is not distinct from $1
    limit 100
) as found

-- name: answers
select part.*, found.desk
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select post_id, case_id, role, customer, answers_published_at
    from case_answers_v9
    where post_id = wanted.id and tenant is not distinct from $1
    limit 10000
) as part
cross join lateral (
    select desk from cases_v9 where case_id = part.case_id and tenant is not distinct from $1 limit 1
) as found

-- name: desks
select desk
from case_posts_v9
where post_id = $2 and thread_id = post_id and tenant is not distinct from $1

-- name: cases
-- Those that its first post opened, whose ids are given, and the others.
select body
from (
    select found.identity, found.body
    from unnest($4::text[]) as wanted (id)
    cross join lateral (
        select identity, body
        from cases_v9
        where case_id = wanted.id and founded and thread_id = $2 and tenant is not distinct from $1 and joined_into = ''
        limit 1
    ) as found
    union all
    (
        select identity, body
        from cases_v9
        where thread_id = $2 and not founded and tenant is not distinct from $1 and joined_into = ''
        order by identity
        limit $3
    )
) as both_kinds
order by identity
limit $3

-- name: cases_of_author
select found.body
from unnest($5::text[]) as wanted (id)
cross join lateral (
    select body
    from cases_v9
    where case_id = wanted.id and founded and thread_id = $2 and identity = $3 and tenant is not distinct from $1
        and joined_into = ''
    limit 1
) as found
union all
(
    select body
    from cases_v9
    where thread_id = $2 and not founded and identity = $3 and tenant is not distinct from $1 and joined_into = ''
    limit $4
)

-- name: unattributed
select post_id, desk, thread_id, identity, published_at, body
from case_posts_v9
where tenant = $1 and direction = 2 and answers = 0 and not withdrawn
    and ($2::bigint is null or published_at < $2 or (published_at = $2 and post_id > $3))
    and {wanted}
order by published_at desc, post_id
limit $4

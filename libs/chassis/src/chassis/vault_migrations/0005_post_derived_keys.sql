-- From here on keys are derived: no process runs any more that knows rows only. Whoever is making a row is waited for.
lock table subject_keys in share row exclusive mode;
insert into derivation default values on conflict do nothing;

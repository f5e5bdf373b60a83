-- One plan serves every part: planning takes longer than storing a line. Deferred constraints
-- have to refuse their own line.
SET LOCAL plan_cache_mode = force_generic_plan;
SET CONSTRAINTS ALL IMMEDIATE;

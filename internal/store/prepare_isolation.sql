-- One plan serves every part: planning takes longer than storing a line. Citus cannot plan without
-- the values. Deferred constraints have to refuse their own line.
SET LOCAL plan_cache_mode = {{if .Distributed}}force_custom_plan{{else}}force_generic_plan{{end}};
SET CONSTRAINTS ALL IMMEDIATE;

-- Moves the fence to the hours that have ended, or back to them where a clock was wrong: history
-- holds no hour beyond. Whoever moves it holds the state locked.
SELECT setval({{literal .Fence.String}}::regclass, $1);

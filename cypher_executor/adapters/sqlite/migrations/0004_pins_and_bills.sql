-- Layout 4: what a version of a recipe is run with, and what it could reach when it was stored.

-- `pins` maps the names of its parts to the digests of their modules, with its keys in order: a text with other modules
-- is another version. Versions of an earlier layout have none, and run with what their parts are when a run starts.
ALTER TABLE recipe_versions ADD COLUMN pins TEXT NOT NULL DEFAULT '{}';

-- JSON; NULL for versions that were stored before there were bills.
ALTER TABLE recipe_versions ADD COLUMN bill TEXT;

PRAGMA user_version = 4;

-- The identifier by which the server that brought a post speaks of it, where that is another than the network's:
-- its deletions name it, and asking for the post again does.

ALTER TABLE post ADD COLUMN local_id TEXT;
CREATE INDEX post_local_id ON post (network, local_id) WHERE local_id IS NOT NULL;

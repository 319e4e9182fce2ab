-- The post whose text this one copies: the first of its story. Null of a post that copies none: it begins a story.
ALTER TABLE post ADD COLUMN story INTEGER;
CREATE INDEX post_story ON post (story) WHERE story IS NOT NULL;

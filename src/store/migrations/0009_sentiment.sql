-- How a post speaks: 'negative', 'neutral' or 'positive'; null where nothing of it is understood, and of posts stored
-- before this was asked.
ALTER TABLE post ADD COLUMN sentiment TEXT;

-- Whether an author asks not to be shown outside of the network: that holds of posts of theirs that came before it was
-- known, and of those that come after. Null: nobody said.
ALTER TABLE author ADD COLUMN quiet INTEGER;

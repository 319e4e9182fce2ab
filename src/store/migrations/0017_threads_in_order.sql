-- Mails of a thread that lasts a day are sent in order too, but none is held up for long: `until` is the moment from which
-- an earlier one is waited for no more (never when absent), `holds` whether others wait for it at all: mails
-- of such a thread do once an attempt failed.
ALTER TABLE notice_matter ADD COLUMN until INTEGER;
ALTER TABLE notice_matter ADD COLUMN holds INTEGER NOT NULL DEFAULT 1;
CREATE INDEX notice_matter_holds ON notice_matter (matter, notice, until) WHERE holds = 1;

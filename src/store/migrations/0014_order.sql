-- Mails about a matter that goes on are sent in order: none while an earlier one about it to the same recipient waits. Only
-- those that wait to be sent are here.
CREATE TABLE notice_matter (
    matter TEXT NOT NULL,                       -- a thread and a recipient
    notice INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    PRIMARY KEY (matter, notice)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_matter_of ON notice_matter (notice);

-- A night played out of order, which the operator asked for: before the last one, or long after it.
ALTER TABLE nuits ADD COLUMN forcee INTEGER NOT NULL DEFAULT 0 CHECK (forcee IN (0, 1));

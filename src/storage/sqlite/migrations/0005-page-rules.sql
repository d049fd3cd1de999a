-- JSON: which pages may start the verification page, and where it may send people back to.
ALTER TABLE merchants ADD COLUMN page_rules TEXT;

-- Guards of the ledger: they only refuse. Nothing but their tests depends on them (not installed under Citus).
-- All lines of an entry come in one statement: balanced, complete, in a period of their day that takes postings.
CREATE OR REPLACE FUNCTION finance_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh GROUP BY entry_id, book_id HAVING sum(debit) <> sum(credit)) THEN
    RAISE EXCEPTION 'unbalanced entry' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (
    SELECT 1
      FROM (SELECT entry_id, book_id, count(*) AS n, min(no) AS lowest, max(no) AS highest, min(business_on) AS first_on,
                   max(business_on) AS last_on
              FROM fresh GROUP BY entry_id, book_id) f
      LEFT JOIN finance_entry e ON e.id = f.entry_id
      LEFT JOIN finance_series s ON s.book_id = e.book_id AND s.kind = e.kind AND s.period_id = e.period_id
      LEFT JOIN finance_period p ON p.id = e.period_id
     WHERE f.n IS DISTINCT FROM e.line_count OR f.book_id IS DISTINCT FROM e.book_id OR f.lowest <> 1 OR f.highest <> f.n
        OR f.first_on IS DISTINCT FROM e.business_on OR f.last_on IS DISTINCT FROM e.business_on
        OR s.state IS NULL OR s.state IN ('closed', 'sealed')
        OR e.business_on NOT BETWEEN p.first_on AND p.last_on) THEN
    RAISE EXCEPTION 'incomplete entry or closed period' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER finance_line_guard AFTER INSERT ON finance_line
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION finance_line_guard();
-- A series only counts up, and what is sealed or has numbered entries stays. The conditions are tested without a call.
CREATE OR REPLACE FUNCTION finance_series_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a sealed or numbered series does not go back' USING ERRCODE = '23514';
END $$;
CREATE OR REPLACE TRIGGER finance_series_guard BEFORE UPDATE ON finance_series FOR EACH ROW
  WHEN (OLD.state = 'sealed' OR NEW.last_number < OLD.last_number) EXECUTE FUNCTION finance_series_guard();
CREATE OR REPLACE TRIGGER finance_series_stay_guard BEFORE DELETE ON finance_series FOR EACH ROW
  WHEN (OLD.state = 'sealed' OR OLD.last_number > 0) EXECUTE FUNCTION finance_series_guard();

WITH
of_journal AS (
    DELETE FROM journal WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM journal t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_snapshots AS (
    DELETE FROM snapshots WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM snapshots t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_idempotency AS (
    DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM idempotency t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_check_ins AS (
    DELETE FROM check_ins WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM check_ins t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_scans AS (
    DELETE FROM scans WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM scans t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_doors AS (
    DELETE FROM doors WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM doors t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_check_in_lists AS (
    DELETE FROM check_in_lists WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM check_in_lists t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_ledger AS (
    DELETE FROM ledger WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ledger t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_refunds AS (
    DELETE FROM refunds WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM refunds t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_disputes AS (
    DELETE FROM disputes WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM disputes t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_payments AS (
    DELETE FROM payments WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM payments t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_order_credits AS (
    DELETE FROM order_credits WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM order_credits t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_orders AS (
    DELETE FROM orders WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM orders t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_seats AS (
    DELETE FROM seats WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM seats t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_zones AS (
    DELETE FROM zones WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM zones t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_cancellations AS (
    DELETE FROM cancellations WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM cancellations t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_webhook_cursors AS (
    DELETE FROM webhook_cursors WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM webhook_cursors t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_mail_cursors AS (
    DELETE FROM mail_cursors WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM mail_cursors t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_inbox_cursors AS (
    DELETE FROM inbox_cursors WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM inbox_cursors t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_inbox_fanouts AS (
    DELETE FROM inbox_fanouts WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM inbox_fanouts t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_inbox_milestones AS (
    DELETE FROM inbox_milestones WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM inbox_milestones t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_mails AS (
    DELETE FROM mails WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM mails t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_selections AS (
    DELETE FROM selections WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM selections t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_labeled_places AS (
    DELETE FROM labeled_places WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM labeled_places t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_codes AS (
    DELETE FROM codes WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM codes t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_show_revisions AS (
    DELETE FROM show_revisions WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM show_revisions t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_waitlist_entries AS (
    DELETE FROM waitlist_entries WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM waitlist_entries t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_lines AS (
    DELETE FROM lines WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM lines t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
),
of_order_ranges AS (
    DELETE FROM order_ranges WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM order_ranges t WHERE t.show_id = :show LIMIT :limit)) RETURNING 1
)
SELECT greatest(
    (SELECT count(*) FROM of_journal),
    (SELECT count(*) FROM of_snapshots),
    (SELECT count(*) FROM of_idempotency),
    (SELECT count(*) FROM of_check_ins),
    (SELECT count(*) FROM of_scans),
    (SELECT count(*) FROM of_doors),
    (SELECT count(*) FROM of_check_in_lists),
    (SELECT count(*) FROM of_ledger),
    (SELECT count(*) FROM of_refunds),
    (SELECT count(*) FROM of_disputes),
    (SELECT count(*) FROM of_payments),
    (SELECT count(*) FROM of_order_credits),
    (SELECT count(*) FROM of_orders),
    (SELECT count(*) FROM of_seats),
    (SELECT count(*) FROM of_zones),
    (SELECT count(*) FROM of_cancellations),
    (SELECT count(*) FROM of_webhook_cursors),
    (SELECT count(*) FROM of_mail_cursors),
    (SELECT count(*) FROM of_inbox_cursors),
    (SELECT count(*) FROM of_inbox_fanouts),
    (SELECT count(*) FROM of_inbox_milestones),
    (SELECT count(*) FROM of_mails),
    (SELECT count(*) FROM of_selections),
    (SELECT count(*) FROM of_labeled_places),
    (SELECT count(*) FROM of_codes),
    (SELECT count(*) FROM of_show_revisions),
    (SELECT count(*) FROM of_waitlist_entries),
    (SELECT count(*) FROM of_lines),
    (SELECT count(*) FROM of_order_ranges)
)

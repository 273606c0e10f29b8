\set n :n + 1
\set number :client_id + :clients * (:n - 1)
\set show 1 + mod(:number, :shows)
\set first (:number / :shows) * :per_order
\set last :first + :per_order - 1
SELECT hold(:show, ('00000000-0000-4000-8000-' || lpad(:client_id::text, 12, '0'))::uuid,
            ARRAY(SELECT generate_series(:first::int, :last::int)), 'a1b2c3d4e5f60718-' || :n::text)::json #>> '{outcome,held,order}' AS held \gset
SELECT pay(:show, ('00000000-0000-4000-8000-' || lpad(:client_id::text, 12, '0'))::uuid, :held, 'b1b2c3d4e5f60718-' || :n::text);
SELECT o.session_id, o.state, o.total, o.payment_id, o.seats FROM orders o WHERE o.show_id = :show AND o.order_id = :held;

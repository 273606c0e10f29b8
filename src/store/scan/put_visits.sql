INSERT INTO check_ins (show_id, order_id, ticket, at, category, list, is_inside, is_given_back)
SELECT :show, k.order_id, k.ticket, k.at, k.category, k.list, k.is_inside, k.is_given_back
FROM unnest(:order::bigint[], :ticket::smallint[], :at::timestamptz[], :category::smallint[], :list::smallint[], :is_inside::boolean[],
    :is_given_back::boolean[]) AS k (order_id, ticket, at, category, list, is_inside, is_given_back)
ON CONFLICT (show_id, order_id, ticket) DO UPDATE SET at = excluded.at, category = excluded.category, list = excluded.list,
    is_inside = excluded.is_inside, is_given_back = excluded.is_given_back

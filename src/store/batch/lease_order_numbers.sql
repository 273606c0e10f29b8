WITH leased AS (
    UPDATE office SET next_order_block = next_order_block + 1 RETURNING next_order_block - 1 AS block
)
INSERT INTO order_blocks (block, show_id) SELECT block, :show FROM leased RETURNING block

-- What the node has left over of its last block is given back, unless somebody has leased a block since or was admitted by it.
UPDATE lines SET last_number = :count + CASE
    WHEN last_number = :leased_to THEN greatest(:used_to, admitted)
    ELSE last_number
END
WHERE show_id = :show AND opened_at IS NOT NULL
RETURNING last_number

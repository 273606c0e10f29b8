SELECT organiser_id, document FROM plans WHERE plan_id = :plan

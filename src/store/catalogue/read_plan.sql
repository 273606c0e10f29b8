SELECT document FROM plans WHERE plan_id = :plan

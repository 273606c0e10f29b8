UPDATE lines SET sketch = :sketch WHERE show_id = :show AND opened_at IS NULL

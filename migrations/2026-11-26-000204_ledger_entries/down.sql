-- What is valid may stay so.
SELECT 1;

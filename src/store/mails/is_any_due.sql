SELECT EXISTS (SELECT FROM mails WHERE due_at <= (SELECT clock_timestamp()))

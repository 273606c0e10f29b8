//! What is kept of a line agrees with itself.

use boxoffice::store::invariants::find_violations;
use serde_json::json;

use super::{join, number, session, show_with_line, wait_for};
use crate::office::TestOffice;

#[tokio::test]
async fn the_check_finds_a_line_that_contradicts_itself() {
    let office = TestOffice::start().await;
    let show = show_with_line(&office, json!({}), json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let place = join(&buyer, &show).await;
    assert_eq!(number(&place), 1);
    wait_for(&buyer, &place, "admitted").await;
    // From here on no node writes it.
    office.database.execute("CREATE TABLE line_before AS SELECT * FROM lines; UPDATE lines SET paced_by = gen_random_uuid(), paced_at = 'infinity'");
    let mut connection = office.database.connect();
    let mut violations = || find_violations(&mut connection).expect("violations").len();
    assert_eq!(violations(), 0);
    for change in [
        "admitted = last_number + 1",
        "drawn = NULL",
        "opened_at = NULL",
        "sketch = '\\x00'",
        "drawn = last_number + 1",
        "history = jsonb_set(history, '{steps}', '[]')",
        "history = jsonb_set(history, '{steps}', (history -> 'steps') || (history -> 'steps'))",
    ] {
        office.database.execute(&format!("UPDATE lines SET {change}"));
        assert_ne!(violations(), 0, "{change}");
        office.database.execute(
            "UPDATE lines l SET (admitted, last_number, drawn, opened_at, sketch, history) = \
             (b.admitted, b.last_number, b.drawn, b.opened_at, b.sketch, b.history) FROM line_before b",
        );
        assert_eq!(violations(), 0, "{change}");
    }
    office.database.execute("DROP TABLE line_before");
}

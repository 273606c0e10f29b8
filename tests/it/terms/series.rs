//! Series: several shows from one template, all of them or none.

use serde_json::{Value, json};

use crate::office::TestOffice;

#[tokio::test]
async fn a_series_is_made_as_a_whole_and_once() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let mut template = office.request_like(&show).await;
    template["ends_at"] = json!("2030-01-01T22:30:00Z");
    template["closes_at"] = json!("2030-01-01T20:15:00Z");
    template["on_sale_at"] = json!("2027-01-01T00:00:00Z");
    template["time_zone"] = json!("Europe/Vienna");
    let times = [
        "2031-03-01T19:00:00Z",
        "2031-03-02T19:00:00Z",
        "2031-01-05T15:00:00Z",
    ];
    let request = |changes: Value| {
        let mut body = json!({"template": template, "starts_at": times});
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let path = "/v1/shows/series";
    let made = organiser
        .post_with_key(path, &request(json!({})), "season")
        .await
        .expect_status(201);
    let shows = made["shows"].as_array().expect("shows");
    let told: Vec<_> = shows
        .iter()
        .map(|show| (&show["starts_at"], &show["ends_at"], &show["closes_at"]))
        .collect();
    let expected = [
        (times[0], "2031-03-01T21:30:00Z", "2031-03-01T19:15:00Z"),
        (times[1], "2031-03-02T21:30:00Z", "2031-03-02T19:15:00Z"),
        (times[2], "2031-01-05T17:30:00Z", "2031-01-05T15:15:00Z"),
    ];
    let expected = expected.map(|(begin, end, close)| (json!(begin), json!(end), json!(close)));
    assert_eq!(
        told,
        expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>()
    );
    for show in shows {
        assert_eq!(
            (&show["on_sale_at"], &show["time_zone"], &show["prices"]),
            (
                &template["on_sale_at"],
                &template["time_zone"],
                &template["prices"]
            )
        );
    }
    let again = organiser
        .post_with_key(path, &request(json!({})), "season")
        .await
        .expect_status(201);
    assert_eq!(again, made);
    let listed = organiser.get("/v1/shows").await.expect_status(200);
    let ids = listed["shows"].as_array().expect("shows").iter();
    let ids: Vec<_> = ids.map(|show| show["id"].clone()).collect();
    let mut wanted = vec![json!(show)];
    wanted.extend(shows.iter().map(|show| show["id"].clone()));
    assert_eq!(ids, wanted);

    let faulty = |changes: Value, field: &str| {
        let (organiser, body, field) = (organiser.clone(), request(changes), field.to_owned());
        async move {
            let problem = organiser.post(path, &body).await.expect_problem(422, "invalid");
            assert_eq!(problem["field"], field.as_str());
        }
    };
    // The second would begin when its sale has not begun.
    faulty(
        json!({"starts_at": [times[0], "2026-12-31T00:00:00Z"]}),
        "/starts_at/1",
    )
    .await;
    faulty(json!({"starts_at": [times[0], "soon"]}), "/starts_at/1").await;
    faulty(json!({"starts_at": []}), "/starts_at").await;
    faulty(json!({"starts_at": vec![times[0]; 101]}), "/starts_at").await;
    let mut wrong = template.clone();
    wrong["title"] = json!(" ");
    faulty(json!({"template": wrong}), "/template/title").await;
    assert_eq!(office.database.number("SELECT count(*) FROM shows"), 4);
    assert_eq!(office.database.number("SELECT count(*) FROM journal_heads"), 4);
}
